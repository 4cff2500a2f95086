# The programs of examples/, which use the library alone, say what 'leadwise predict' says.

example() { "$(dirname "$program")/examples_$1" "${@:2}"; }

case_the_example_of_one_recording_agrees() {
    expect_code 0 leadwise predict recordings/S00001.hea -f csv -o one.csv
    expect_code 0 example predict recordings/S00001.hea
    paste -d' ' <(sed 1d one.csv | cut -d, -f3-28 | tr , '\n') <(sed 1d one.csv | cut -d, -f29-54 | tr , '\n') out.txt |
        awk '{d = $1 - $NF; if (d * d > 1e-6 || ($2 == 1) != ($3 == "*")) print "differs: " $0} END {if (NR != 26) print NR " classes"}'
    expect_code 1 example predict broken/cut.hea
    grep -q '^broken/cut.hea:2: ' err.txt || cat err.txt
}

case_the_example_of_a_folder_agrees() {
    mkdir -p some
    cp recordings/S00004.* broken/cut.hea some
    expect_code 0 example folder some
    grep -q '^some/cut.hea: rejected: some/cut.hea:2: ' out.txt || cat out.txt
    grep -qx '1 rejected' err.txt || cat err.txt
    leadwise predict -q some/S00004.hea -f csv >one.csv
    local found
    found=$(paste <(head -1 one.csv | cut -d, -f29-54 | tr , '\n') <(sed 1d one.csv | cut -d, -f29-54 | tr , '\n') |
        sed -nE 's/^Y_(.*)\t1$/ \1/p' | tr -d '\n')
    grep -qxF "some/S00004.hea:$found" out.txt || { cat out.txt; echo "instead of$found"; }
    [ "$(wc -l <out.txt)" -eq 2 ] || cat out.txt
}

# Frames of 50 samples, and the same recording from its file.
case_the_example_of_a_stream_agrees() {
    leadwise synth -q -o monitor -n 1 --seed 9 --rate 250 --duration 87
    expect_code 0 leadwise predict monitor --stream -f csv -o windows.csv
    expect_code 0 example stream monitor/S00000.hea
    sed 1d windows.csv | awk -F, '{m = 0; for (i = 4; i <= 29; i++) if ($i > m) m = $i; printf "%.1f %.3f\n", $2, m}' >most.txt
    awk '{print $1, $4}' out.txt | diff most.txt - || cat out.txt
    [ "$(wc -l <most.txt)" -eq 9 ] || cat most.txt
}

case_the_example_in_memory_finds_sinus_rhythm() {
    expect_code 0 example memory
    grep -q '^NSR ' out.txt || cat out.txt
}
