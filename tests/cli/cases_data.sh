# Recordings and prepared files: info, prepare, synth, plot, evaluate.

exact info_describes_a_recording leadwise info recordings/S00001.hea
exact info_refuses_an_empty_header leadwise info broken/empty.hea
exact info_names_the_line_of_a_cut_header leadwise info broken/cut.hea
exact info_names_the_signal_file_that_is_not_there leadwise info broken/S00004.hea
exact info_refuses_a_file_that_is_not_there leadwise info nothing.hea
exact info_counts_the_recordings_of_a_folder leadwise info recordings
exact synth_refuses_an_unknown_kind leadwise synth -o unknown --kinds FOO
exact prepare_refuses_a_folder_that_is_not_there leadwise prepare nothing -o x.safetensors
exact prepare_fails_where_all_are_rejected leadwise prepare broken -o x.safetensors
exact prepare_names_the_rejected_recordings leadwise prepare broken recordings -o mixed.safetensors
exact prepare_refuses_a_place_that_is_not_there leadwise prepare recordings -o nowhere/x.safetensors

case_prepared_bytes_do_not_depend_on_threads() {
    expect_code 0 leadwise prepare recordings -o all.safetensors --threads 1
    expect_code 0 leadwise prepare recordings -o threads.safetensors --threads 2
    find recordings/ -name '*.hea' | sort | leadwise prepare -q - -o stdin.safetensors
    same all.safetensors threads.safetensors
    same all.safetensors stdin.safetensors
    leadwise info all.safetensors >out.txt
    grep -q '^records *40$' out.txt || cat out.txt
    head -c 5000 all.safetensors >cut.safetensors
    expect_code 4 leadwise info cut.safetensors
}

case_synth_repeats_its_bytes() {
    leadwise synth -q -o again -n 3 --seed 3 --rate 250 --duration 10
    for name in S00000 S00002; do
        same again/$name.hea recordings/$name.hea
        same again/$name.mat recordings/$name.mat
    done
}

case_plot_draws_one_svg_document() {
    expect_code 0 leadwise plot recordings/S00001.hea -o ecg.svg
    leadwise plot recordings/S00001.hea >stdout.svg
    leadwise plot recordings/S00001.hea -o - >dash.svg
    same stdout.svg dash.svg; [ ! -e ./- ] || echo "a file is called -"
    same ecg.svg stdout.svg
    grep -q '<svg' ecg.svg && grep -q '</svg>' ecg.svg || echo "not an SVG document"
    expect_code 3 leadwise plot broken/cut.hea
    expect_code 2 leadwise plot recordings/S00001.hea --rhythm-lead V9 -o none.svg
    grep -q 'S00001 has no lead V9, expected one of I, II, .*, V6$' err.txt || cat err.txt
    [ ! -e none.svg ] || echo "drawn all the same"
}

# A checksum that does not fit, and, of a recording that is rejected, names that are no leads.
make_odd() {
    needs recordings
    mkdir odd && cp recordings/S0000[0-2].* odd
    sed -i -E '2s/ -?[0-9]+ 0 I/ 12345 0 I/' odd/S00001.hea
    sed -i -E 's/ 0 (V[1-6])/ 0 X\1/; 2s/ -?[0-9]+ 0 I/ 12345 0 I/' odd/S00002.hea
}
case_warnings_are_counted_always_and_shown_on_request() {
    needs odd
    local wrong='odd/S00001.hea:2: the samples add up to -?[0-9]+, expected the checksum 12345' command
    for command in 'predict odd' 'prepare odd -o odd.safetensors' 'train odd -o odd-run --leads 2 --width 4 --epochs 1'; do
        # shellcheck disable=SC2086
        leadwise $command >out.txt 2>err.txt
        grep -qE '^[2-9] warnings on 2 of 3 recordings; -v shows each$' err.txt || { echo "$command:"; cat err.txt; }
        grep 'checksum' err.txt
    done
    rm -rf odd-run
    for command in 'predict odd' 'prepare odd -o odd.safetensors' 'train odd -o odd-run --leads 2 --width 4 --epochs 1'; do
        # shellcheck disable=SC2086
        leadwise $command -v >out.txt 2>err.txt
        grep -qE '^[2-9] warnings on 2 of 3 recordings$' err.txt || { echo "$command:"; cat err.txt; }
        grep -qxE "warning: $wrong" err.txt || { echo "$command:"; cat err.txt; }
    done
    expect_code 0 leadwise plot odd/S00001.hea -o odd.svg
    grep -qx '1 warning on 1 of 1 recording; -v shows each' err.txt && ! grep checksum err.txt || cat err.txt
    [ "$(grep -cE ">warning: $wrong<" odd.svg)" -eq 1 ] && grep -qE "<desc>warning: $wrong$" odd.svg || grep warning odd.svg
    expect_code 0 leadwise plot odd/S00001.hea -o odd.svg -v
    grep -qxE "warning: $wrong" err.txt || cat err.txt
}

# Three records with one diagnosis each; by hand: sinus rhythm and AF right, the third (RBBB) called sinus rhythm.
make_scored_by_hand() {
    mkdir -p scored_by_hand/labels scored_by_hand/outputs && cd scored_by_hand || return
    label() { printf '%s 1 100 10\n%s.mat 16+24 1000/mV 16 0 0 0 0 I\n#Dx: %s\n%s\n' "$1" "$1" "$2" "${3:-}" >"labels/$1.hea"; }
    output() { printf '#%s\n426783006,164889003,59118001\n%s\n%s\n' "$1" "$2" "$3" >"outputs/$1.csv"; }
    label R1 426783006
    label R2 164889003 '#Age: 64'
    label R3 59118001 '#Sex: F'
    output R1 1,0,0 0.9,0.1,0.1
    output R2 0,1,0 0.1,0.9,0.1
    output R3 1,0,0 0.6,0.2,0.3
}

exact evaluate_prints_the_scores leadwise evaluate scored_by_hand/labels scored_by_hand/outputs
exact a_score_below_its_minimum_fails leadwise evaluate scored_by_hand/labels scored_by_hand/outputs --min accuracy=0.6 --min accuracy=0.7 --min challenge_metric=1
exact evaluate_divides_by_source_sex_and_age leadwise evaluate scored_by_hand/labels scored_by_hand/outputs --by source,sex,age --replicates 20 --threads 2
exact evaluate_refuses_outputs_that_are_not_there leadwise evaluate scored_by_hand/labels nothing

case_scores_above_their_minimum_pass() {
    needs scored_by_hand
    expect_code 0 leadwise evaluate scored_by_hand/labels scored_by_hand/outputs --min accuracy=0.66 --min auroc=1
}

case_evaluate_writes_json_with_every_digit() {
    needs scored_by_hand
    leadwise evaluate scored_by_hand/labels scored_by_hand/outputs --json >out.json
    grep -q '"accuracy": 0.6666666666666666' out.json || cat out.json
}

# Each data set adds a section to the card.
case_each_data_set_adds_a_section_to_the_card() {
    needs scored_by_hand
    expect_code 0 leadwise evaluate scored_by_hand/labels/ scored_by_hand/outputs --card card.md
    expect_code 0 leadwise evaluate scored_by_hand/labels scored_by_hand/outputs --card card.md --title 'Once more' --replicates 0
    [ "$(grep '^## ' card.md)" = "## labels
## Once more" ] || cat card.md
    [ "$(grep -c '^| female | 1 |' card.md)" -eq 2 ] || cat card.md
    grep -q '^| AF | 1 | 1.000 | 1.000 | 1.000 | 1.000 (1.000 to 1.000) |' card.md || cat card.md
    sed -n '/Once more/,$p' card.md | grep -q ' to ' && cat card.md
    [ -e /dev/full ] || return 0
    expect_code 5 leadwise evaluate scored_by_hand/labels scored_by_hand/outputs --card /dev/full
}

case_evaluate_names_the_line_of_a_malformed_output() {
    needs scored_by_hand
    cp -r scored_by_hand/outputs ragged
    printf '#R2\n426783006,164889003,59118001\n0,1\n0.1,0.9,0.1\n' >ragged/R2.csv
    expect_code 3 leadwise evaluate scored_by_hand/labels ragged
    grep -q 'R2.csv:3' err.txt || cat err.txt
}

case_a_csv_file_without_a_rate_names_the_option() {
    printf 'I,II\n1,2\n' >bare.csv
    expect_code 3 leadwise info bare.csv
    grep -q -e '--csv-rate' err.txt || cat err.txt
    expect_code 3 leadwise predict bare.csv
    grep -q -e '--csv-rate' err.txt || cat err.txt
    expect_code 0 leadwise info bare.csv --csv-rate 500
}

case_uneven_times_yield_to_the_option() {
    { echo 'time,I'; for i in 0 0 0 0 16 16 16 16; do echo "0.0$i,$i"; done; } >packets.csv
    expect_code 3 leadwise info packets.csv
    grep -q 'packets.csv:3: time .*several samples (--csv-rate)' err.txt || cat err.txt
    expect_code 0 leadwise info packets.csv --csv-rate 250
    grep -q 'rate_hz *250$' out.txt || cat out.txt
    grep -q 'the stated rate counts' out.txt || cat out.txt
}

case_a_unit_is_given_where_a_csv_file_states_none() {
    { echo 'I,II'; for i in $(seq 100); do echo "$((i % 7 * 100)),$((i % 11 * 100))"; done; } >microvolts.csv
    expect_code 0 leadwise info microvolts.csv --csv-rate 500
    grep -q 'lead II swings by 1000 mV' out.txt || cat out.txt
    expect_code 0 leadwise info microvolts.csv --csv-rate 500 --csv-unit uV
    grep -q 'warnings: 0' out.txt || cat out.txt
    expect_code 2 leadwise info microvolts.csv --csv-rate 500 --csv-unit furlong
}

case_leads_that_say_nothing_are_listed_and_can_be_named() {
    # QRS of 80 ms and a T wave, every 820 ms
    awk 'BEGIN { print "# fs: 500, unit: uV\nECG1,ECG2"
        for (i = 0; i < 5000; i++) {
            k = i % 410
            x = (k < 20 ? 50 * k : k < 40 ? 2000 - 50 * k : k > 120 && k < 220 ? 300 * sin(3.1416 * (k - 120) / 100) : 0) + i % 7
            print int(x) "," int(1.2 * x) } }' >unnamed.csv
    expect_code 3 leadwise predict unnamed.csv
    grep -q 'rejected unnamed.csv: LEAD_NAME: .* the recording has ECG1, ECG2; .*(--lead-names)$' err.txt || cat err.txt
    expect_code 3 leadwise predict unnamed.csv --lead-names ECG3=I
    grep -q "no lead is called 'ECG3', the recording has ECG1, ECG2 (--lead-names)" err.txt || cat err.txt
    leadwise predict unnamed.csv --lead-names ECG1=I,ECG2=II -q -f csv >by_name.csv || cat by_name.csv
    leadwise predict unnamed.csv --lead-names 1=I,2=II -q -f csv >by_number.csv || cat by_number.csv
    grep -q '^unnamed,ok,' by_name.csv || cat by_name.csv
    same by_name.csv by_number.csv
    expect_code 2 leadwise predict unnamed.csv --lead-names ECG1
    grep -q "'ECG1' is not NAME=LEAD" err.txt || cat err.txt
    leadwise prepare unnamed.csv --leads 2 --year 2021 --lead-names 1=I,2=II -o named.safetensors 2>err.txt || cat err.txt
}

# What a spreadsheet makes of codes is said with file and line; where it is all that there is, nothing is trained or scored.
case_codes_that_a_spreadsheet_damaged_are_refused() {
    leadwise synth -o damaged -n 4 --quiet >out.txt
    sed -i -E 's/^(#Dx: [0-9]+).*/\1.0/' damaged/*.hea
    expect_code 0 leadwise info damaged/S00000.hea
    grep -q 'S00000.hea:[0-9]*: diagnosis [0-9]*\.0 is left out, expected a SNOMED CT code, an integer' out.txt err.txt || cat out.txt err.txt
    expect_code 0 leadwise prepare damaged -o damaged.safetensors
    grep -q '4 recordings with warnings, 4 without a scored diagnosis' err.txt || cat err.txt
    local command
    for command in train crossval; do
        expect_code 3 leadwise $command damaged -o run --epochs 1 --width 2
        grep -q 'none of 4 recordings has a diagnosis that is one of the 30 classes' err.txt || cat err.txt
    done
    expect_code 0 leadwise predict damaged -f challenge -o outputs
    expect_code 3 leadwise evaluate damaged outputs
    grep -q 'damaged: none of 4 recordings has a diagnosis that is one of the 26 classes' err.txt || cat err.txt
    expect_code 0 leadwise evaluate damaged outputs --official
    printf 'record,codes\nS00000,426783006.0\nS00001,1.64889E+08\n' >damaged/labels.csv
    expect_code 3 leadwise prepare damaged -o damaged.safetensors
    grep -q "damaged/labels.csv:2: '426783006.0' is no SNOMED CT code, and no other word in the column is one" err.txt || cat err.txt
}

# Whatever the form of the table, four recordings keep their four labels.
case_labels_that_a_spreadsheet_wrote_are_read() {
    leadwise synth -o sheet -n 4 --quiet >out.txt
    local table
    for table in 'record,codes\nS00000.hea,426783006\nsheet/S00001.mat,AF\nS00002,426783006\nS00003,164889003\n' \
        'record;codes;age\nS00000;426783006;50\nS00001;164889003,39732003;60\nS00002;426783006;\nS00003;nsr;70\n' \
        'record,codes\nS00000,426783006\nS00001,426783006\nS00002,426783006\nS00003,426783006\nS00000,426783006\n'; do
        printf "$table" >sheet/labels.csv
        expect_code 0 leadwise prepare sheet -o sheet.safetensors
        grep -q 'warning: sheet/labels.csv:[0-9]: ' err.txt || cat err.txt
        grep -q ' 0 recordings with warnings, 0 without a scored diagnosis' err.txt || cat err.txt
    done
    printf 'record,codes\nT0,426783006\nT1,164889003\n' >sheet/labels.csv
    expect_code 3 leadwise prepare sheet -o sheet.safetensors
    grep -q 'labels.csv: none of its 2 records is in the folder, T0 the first; expected names like S00000.hea' err.txt || cat err.txt
}

# Three recordings each of four patients: none stands on two sides, whoever says who is who.
case_training_never_divides_a_patient() {
    leadwise synth -o people -n 12 --quiet >out.txt
    for i in $(seq 0 11); do printf 'S%05d,%d\n' "$i" $((i / 3)); done >rows.txt
    { echo record,group && cat rows.txt; } >patients.csv
    local train=(leadwise train people --epochs 1 --width 2 --quiet)
    expect_code 0 "${train[@]}" -o file --groups patients.csv
    { echo record,patient && cat rows.txt; } >people/labels.csv
    expect_code 0 "${train[@]}" -o folder
    expect_code 0 leadwise train folder/prepared.safetensors -o prepared --epochs 1 --width 2 --quiet
    local run
    for run in file folder prepared; do
        # "part patient" of every record, each once: four, and as many a part as the file counts
        awk '/"splits"/ { on = 1 } on && /"(train|validation|test)": \[/ { gsub(/[^a-z]/, ""); part = $0 }
             on && /"S[0-9]+"/ { gsub(/[^0-9]/, ""); print part, int($0 / 3) }' $run/run.json | sort -u >sides.txt
        [ "$(wc -l <sides.txt)" -eq 4 ] || cat sides.txt
        awk '/"patients": {/ { on = 1 } on && /"(train|validation|test)": {/ { gsub(/[^a-z]/, ""); part = $0 }
             on && /"patients": [0-9]/ { gsub(/[^0-9]/, ""); for (i = 0; i < $0; i++) print part }' $run/run.json >counted.txt
        [ "$(cut -d' ' -f1 sides.txt | sort)" = "$(sort counted.txt)" ] || cat sides.txt counted.txt
    done
    same file/model.safetensors folder/model.safetensors
    same file/model.safetensors prepared/model.safetensors
    # A table's name stands for the recordings of that name in every folder.
    leadwise synth -o people/more -n 12 --seed 5 --quiet >out.txt
    expect_code 0 "${train[@]}" -o both --groups patients.csv
    [ "$(grep -c '"unknown_records": 0' both/run.json)" -eq 3 ] || cat both/run.json
    { cat patients.csv; echo T9,1; } | sed /S00004/d >gaps.csv
    expect_code 0 leadwise train people -o gaps --epochs 1 --width 2 --groups gaps.csv
    grep -q "gaps.csv:13: names no record; 1 such line in all" err.txt || cat err.txt
    grep -q "gaps.csv: gives no group to 1 of 24 records" err.txt || cat err.txt
    printf 'record,group\nT0,1\n' >others.csv
    expect_code 3 leadwise train people -o none --groups others.csv
    grep -q 'others.csv: names none of the 24 records' err.txt || cat err.txt
}

# Outputs as spreadsheets write them have the scores of the files that they were made of.
case_evaluate_reads_what_spreadsheets_make_of_outputs() {
    needs scored_by_hand
    leadwise evaluate scored_by_hand/labels scored_by_hand/outputs >expected.txt
    local kind
    for kind in marked quoted semicolons; do cp -r scored_by_hand/outputs $kind; done
    sed -i '1s/^/\xEF\xBB\xBF/' marked/*.csv
    sed -i '2s/[0-9]*/"&"/; 2s/,\([0-9]*\)/,"\1"/g' quoted/*.csv
    sed -i '2,$s/,/;/g; s/\./,/g' semicolons/*.csv
    for kind in marked quoted semicolons; do
        expect_code 0 leadwise evaluate scored_by_hand/labels $kind
        same expected.txt out.txt
    done
    sed -i '2s/.*/NSR,AF,RBBB/' marked/R2.csv
    expect_code 3 leadwise evaluate scored_by_hand/labels marked
    grep -q 'marked/R2.csv:2: no column names a scored class, expected SNOMED CT codes, but the first is "NSR"' err.txt || cat err.txt
}

# An output that is one of the files that are read is refused, under any name, before anything is written.
case_outputs_never_overwrite_what_is_read() {
    needs run
    leadwise synth -q -o inputs -n 2 --seed 3
    leadwise prepare -q inputs -o inputs.safetensors
    cp run/model.safetensors own.safetensors
    ln -s inputs/S00000.hea other-name
    sha256sum inputs/* inputs.safetensors own.safetensors >before.txt
    expect_code 2 leadwise predict inputs/S00000.hea -f csv -o inputs/S00000.hea
    grep -q 'inputs/S00000.hea is read by this command, expected another file' err.txt || cat err.txt
    expect_code 2 leadwise predict inputs/S00000.hea -f csv -o other-name
    expect_code 2 leadwise predict inputs -f csv -o inputs/S00001.hea
    expect_code 2 leadwise plot inputs/S00000.hea -o inputs/S00000.mat
    grep -q 'inputs/S00000.mat holds the samples of inputs/S00000.hea, expected another file' err.txt || cat err.txt
    expect_code 2 leadwise prepare inputs -o inputs/S00001.mat
    expect_code 2 leadwise calibrate own.safetensors inputs.safetensors -o inputs.safetensors
    expect_code 2 leadwise calibrate own.safetensors inputs.safetensors -o own.safetensors
    expect_code 2 leadwise predict -m own.safetensors inputs -f csv -o own.safetensors
    sha256sum inputs/* inputs.safetensors own.safetensors >after.txt
    same before.txt after.txt
    expect_code 0 leadwise predict inputs -f csv -o inputs/answers.csv
    expect_code 0 leadwise predict inputs -f csv -o inputs/answers.csv
}
