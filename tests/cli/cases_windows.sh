# Recordings longer than a window.

make_long() { leadwise synth -q -o long -n 1 --seed 9 --rate 250 --duration 695; }

case_windows_are_pooled_over_the_recording() {
    needs long run
    mkdir part && cp long/S00000.mat part/
    # Its last 30 s, and 12 s of it, from the header alone: format 16 has its samples anywhere.
    local bytes=$((250 * 24))
    sed -E "1s/ [0-9]+$/ 3000/; s/ 16\+24 / 16+$((24 + 100 * bytes)) /" long/S00000.hea >part/part.hea
    expect_code 0 leadwise predict run/model.safetensors part/part.hea -f csv -o first.csv
    expect_code 0 leadwise predict run/model.safetensors part/part.hea -f csv --window-step 20 -o pooled.csv
    cmp -s first.csv pooled.csv && echo "the second window changes nothing"
    expect_code 0 leadwise predict run/model.safetensors part/part.hea --stream --window-step 20 -o rows.csv
    expect_code 0 leadwise predict run/model.safetensors part/part.hea -f csv --window-step 20 --pool max -o most.csv
    cut -d, -f1-3 rows.csv | tr '\n' ' ' | grep -qx 'record,start_s,status part,0,ok part,2,ok ' || cut -d, -f1-3 rows.csv
    paste -d, <(sed 1d rows.csv | cut -d, -f4-33 | sed -n 1p | tr , '\n') \
        <(sed 1d rows.csv | cut -d, -f4-33 | sed -n 2p | tr , '\n') <(sed 1d pooled.csv | cut -d, -f3-32 | tr , '\n') \
        <(sed 1d most.csv | cut -d, -f3-32 | tr , '\n') |
        awk -F, '{d = ($1 + $2) / 2 - $3; m = ($1 > $2 ? $1 : $2) - $4; if (d * d + m * m > 1e-12) print "not pooled: " $0}
                 END {if (NR != 30) print NR " classes"}'
}

# Window by window from disk, and cut out of the whole recording.
case_a_stream_gives_the_windows_of_the_whole_recording() {
    needs long run
    expect_code 0 leadwise predict run/model.safetensors long --stream -f csv -o stream.csv
    [ "$(wc -l <stream.csv)" -eq 71 ] || echo "$(wc -l <stream.csv) lines instead of 71"
    tail -1 stream.csv | grep -q '^S00000,685,ok,' || tail -1 stream.csv
    expect_code 0 leadwise predict run/model.safetensors long --stream -f jsonl
    [ "$(grep -c '"start_s":' out.txt)" -eq 70 ] || head -2 out.txt
    expect_code 0 leadwise predict run/model.safetensors long -f csv --window-step 10 -o whole.csv
    awk -F, 'FNR == 1 {file++; next}
             file == 1 {for (i = 4; i <= 33; i++) sum[i] += $i; n++}
             file == 2 {for (i = 4; i <= 33; i++) {d = sum[i] / n - $(i - 1); if (d > 0.02 || d < -0.02) print "off by " d}}' \
        stream.csv whole.csv
    expect_code 3 leadwise predict run/model.safetensors broken/cut.hea long --stream
    grep -q '^cut,,rejected:FORMAT,' out.txt || head -3 out.txt | cut -c1-80
}

case_predict_refuses_windows_that_contradict() {
    needs long run
    expect_code 2 leadwise predict run/model.safetensors long --stream -f table
    expect_code 2 leadwise predict run/model.safetensors long --stream --pool max
    expect_code 2 leadwise predict run/model.safetensors long --pool max
    expect_code 2 leadwise predict run/model.safetensors long --pool class --window-step 5
    grep -q 'not calibrated for it' err.txt || cat err.txt
    expect_code 2 leadwise predict run/model.safetensors run/prepared.safetensors --window-step 5
}

# How classes are pooled is stored in the model, used by 'predict', and printed with the thresholds chosen on it.
case_calibrate_stores_how_windows_are_pooled() {
    needs run
    leadwise synth -q -o longer -n 24 --seed 22 --rate 250 --duration 24
    expect_code 0 leadwise calibrate run/model.safetensors longer -o pooled.safetensors --window-step 7 --temperature
    grep -q '^Challenge metric on 24 recordings$' out.txt || cat out.txt
    local after
    after=$(sed -n 's/^  class by class *//p' out.txt)
    grep -ao '"leadwise.decision":"[^}]*' pooled.safetensors | grep -q '\\"pool\\": \[\\"m' || echo "no pooling is stored"
    expect_code 0 leadwise predict pooled.safetensors longer --pool class -f challenge -o longer-out
    leadwise evaluate longer longer-out --json >scores.json
    sed -nE 's/^ +"challenge_metric": ([-0-9.e]+),?$/\1/p' scores.json | awk -v after="$after" \
        'NR == 1 {d = $1 - after; if (d > 6e-4 || d < -6e-4) print "metric " $1 " instead of " after}'
    expect_code 0 leadwise predict pooled.safetensors longer --window-step 7 --pool class -f csv -o by-class.csv
    expect_code 0 leadwise predict pooled.safetensors longer --pool class -f csv
    same out.txt by-class.csv
    expect_code 3 leadwise calibrate run/model.safetensors broken/empty.hea -o nothing.safetensors --window-step 7
}
