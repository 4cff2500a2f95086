# What people have in folders: what macOS leaves there, names in capital letters, links, CSV files and their labels.

names() { tail -n +2 "$1" | cut -d, -f1,2 | tr '\n' ' '; }

case_hidden_files_are_no_recordings() {
    mkdir -p copied/__MACOSX copied/.git
    for name in S00001 S00002; do
        cp recordings/$name.* copied/
        printf '\0\5\26\7\0\2\0\0Mac OS X' | tee copied/._$name.hea copied/._$name.mat >copied/__MACOSX/._$name.hea
        cp recordings/S00003.* copied/.git/
    done
    : >copied/.DS_Store
    expect_code 0 leadwise predict copied -f csv -o out.csv
    [ "$(names out.csv)" = 'S00001,ok S00002,ok ' ] || cat out.csv
}

case_names_in_capital_letters_are_found() {
    mkdir disc && cp recordings/S00001.mat disc/S00001.MAT
    sed '1s/.*/\xEF\xBB\xBF&/' recordings/S00001.hea >disc/S00001.HEA
    leadwise predict recordings/S00001.hea -f csv -o plain.csv
    for path in disc disc/S00001 disc/S00001.HEA disc/S00001.MAT; do
        expect_code 0 leadwise predict $path -f csv -o out.csv
        same plain.csv out.csv
    done
}

case_a_name_may_end_in_any_suffix() {
    sed 's/S00001.mat/S00001.rec/' recordings/S00001.hea >S00001.rec.hea
    cp recordings/S00001.mat S00001.rec
    expect_code 0 leadwise info S00001.rec
    grep -q '^samples *2500$' out.txt || cat out.txt
}

case_links_to_files_are_followed() {
    mkdir links split header
    for file in "$PWD"/recordings/S0000[12].*; do ln -s "$(realpath "$file")" links/; done
    cp recordings/S00001.hea split/ && ln -s ../links/S00001.mat split/
    ln -s "$(realpath recordings/S00001.hea)" header/
    leadwise predict recordings/S00001.hea -f csv -o plain.csv
    for path in links/S00001.hea split split/S00001 header header/S00001.hea; do
        expect_code 0 leadwise predict $path -f csv -o out.csv
        same plain.csv out.csv
    done
    expect_code 0 leadwise predict links -f csv -o out.csv
    [ "$(names out.csv)" = 'S00001,ok S00002,ok ' ] || cat out.csv
    sed 's|S00001.mat|../recordings/S00001.mat|' recordings/S00001.hea >split/S00001.hea
    expect_code 3 leadwise predict split -f csv -o out.csv
}

case_csv_recordings_of_a_folder_are_found_by_their_columns() {
    mkdir tables
    for name in a b; do
        { echo 'time (s),I (mV),II (mV),V1 (mV)'
          awk -v n=$name 'BEGIN {for (i = 0; i < 2500; i++) {s = sin(i / (n == "a" ? 7 : 9)); printf "%.3f,%.4f,%.4f,%.4f\n", i / 250, s, s * s, -s}}'
        } >tables/$name.csv
    done
    printf 'record,codes\na,426783006\nb,164889003\n' >tables/labels.csv
    printf 'name,age\nx,3\n' >tables/people.csv
    expect_code 0 leadwise prepare tables -o t.safetensors --leads I,II,V1
    leadwise info t.safetensors | grep -q '^records *2$' || leadwise info t.safetensors
}

case_a_byte_order_mark_is_passed_over_in_options() {
    printf '\xEF\xBB\xBF{"arguments": "recordings/S00001.hea", "format": "csv"}' >options.json
    expect_code 0 leadwise predict --config options.json
    grep -q '^S00001,ok,' out.txt || head -3 out.txt
}

# A recording of segments with a gap, and one segment that is not there: as a whole and in stretches.
case_segments_with_gaps_are_streamed() {
    cp recordings/S00001.* recordings/S00002.* .
    printf 'long/4 12 250 10000\nS00001 2500\n~ 2500\ngone 2500\nS00002 2500\n' >long.hea
    expect_code 3 leadwise predict long.hea --stream -f csv -o rows.csv
    cut -d, -f1-3 rows.csv | tr '\n' ' ' >got.txt
    grep -q 'long,0,ok long,10,rejected:NO_SIGNAL long,20,rejected:NO_SIGNAL long,30,ok' got.txt || cat got.txt
    leadwise info long.hea | grep -q 'long.hea:4: segment gone is not there' || leadwise info long.hea
}

case_no_output_repeats_a_persons_name() {
    { cat recordings/S00001.hea; printf '#Patient: DOE, JANE\n#Age: DOE\n#Sex: JANE\n<name>: JANE DOE\n'; } >p.hea
    cp recordings/S00001.mat .
    for format in csv jsonl table; do
        leadwise predict -v p.hea -f $format >out.txt 2>&1
        grep -q 'DOE\|JANE' out.txt && cat out.txt
    done
    leadwise info p.hea | grep 'DOE\|JANE'
    leadwise plot p.hea 2>&1 | grep 'DOE\|JANE'
    return 0
}

# A header of fifty bytes that asks for a gigabyte of gaps.
case_memory_is_in_proportion_to_the_files() {
    cp recordings/S00001.* .
    printf 'bomb/3 12 250 67113864\nS00001 2500\n~ 67108864\nS00001 2500\n' >bomb.hea
    local limit_kb=1500000
    (ulimit -v $limit_kb; leadwise --version) >/dev/null 2>&1 || limit_kb=unlimited # AddressSanitizer maps terabytes
    (ulimit -v $limit_kb; expect_code 3 leadwise info bomb.hea)
    grep -q 'bomb.hea:1: 67113864 samples of 12 leads, gaps included, expected at most' err.txt || cat err.txt
}
