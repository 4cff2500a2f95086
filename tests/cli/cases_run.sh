# Training and prediction.

case_training_leaves_its_files() {
    expect_code 0 leadwise "${train[@]}" --epochs 3 -o run --threads 1
    for name in model.safetensors history.csv run.json config.json prepared.safetensors; do
        [ -s "run/$name" ] || echo "no run/$name"
    done
    [ "$(grep -c '^epoch ' err.txt)" -eq 3 ] || cat err.txt
    grep -q 'model: run/model.safetensors' out.txt || cat out.txt
}

case_a_stored_configuration_trains_the_same_model() {
    needs run
    expect_code 0 leadwise train --config run/config.json -o again --threads 2
    same run/model.safetensors again/model.safetensors
    same run/history.csv again/history.csv
}

# Everything beyond the papers, as it is meant to be used; the model has thresholds of its own.
case_the_best_recipe_trains_the_same_model_twice() {
    needs run
    expect_code 0 leadwise "${train[@]}" --epochs 3 -o recipe-run --recipe best --threads 1
    grep -q 'at its thresholds' out.txt || cat out.txt
    grep -q '"patience_stop": 0,' recipe-run/run.json || echo "a cosine stops early though nobody asked for that"
    expect_code 0 leadwise train --config recipe-run/config.json -o recipe-again --threads 2
    same recipe-run/model.safetensors recipe-again/model.safetensors
    leadwise info --json recipe-run/model.safetensors >out.txt || cat out.txt
    [ "$(grep '"threshold"' out.txt | sort -u | wc -l)" -gt 1 ] || echo "the thresholds are all the same"
}

case_a_finished_run_resumes_to_itself() {
    needs run
    cp -rL --preserve=timestamps run finished
    expect_code 0 leadwise "${train[@]}" --epochs 3 -o finished --resume
    diff -r run finished
}

# A finished run that was trained with an option which is gone is another run.
case_a_run_with_a_removed_option_is_another_run() {
    expect_code 0 leadwise "${train[@]}" --epochs 1 -o balanced
    sed -i 's/"test_fraction"/"balance": 0.5, "test_fraction"/' balanced/run.json
    expect_code 4 leadwise "${train[@]}" --epochs 1 -o balanced --resume
    grep -q 'begun with another configuration: balance was 0.5, now not set' err.txt || cat err.txt
}

# Interrupted after the second epoch, then resumed: the bytes of the run that nobody disturbed.
case_an_interrupted_run_resumes_to_the_same_bytes() {
    local pid code=0 long=(--epochs 20 --stop-after 0)
    expect_code 0 leadwise "${train[@]}" "${long[@]}" --threads 1 -o whole
    "$program" "${train[@]}" "${long[@]}" --threads 1 -o stopped 2>stopped.txt >out.txt &
    pid=$!
    for _ in $(seq 1200); do
        grep -qs '^epoch 2/' stopped.txt && break
        sleep 0.02
    done
    kill -INT $pid
    wait $pid || code=$?
    [ $code -eq 75 ] || { echo "exit $code instead of 75"; cat stopped.txt; }
    grep -q -e --resume stopped.txt || cat stopped.txt
    expect_code 0 leadwise "${train[@]}" "${long[@]}" --threads 1 -o stopped --resume
    same whole/model.safetensors stopped/model.safetensors
    same whole/history.csv stopped/history.csv
}

# The change of the network that the help names.
case_set_changes_the_network() {
    local change
    change=$(leadwise train --help | grep -o 'network\.[a-z]*\.[0-9][^ ]*=[0-9]*')
    expect_code 0 leadwise "${train[@]}" -o changed --epochs 1 --set "$change"
    grep -q '"filters":  *8\b' changed/run.json || grep filters changed/run.json
}

# What contradicts a prepared file, and what is no network.
case_train_refuses_options_that_contradict_the_data() {
    leadwise prepare -q recordings -o two.safetensors --leads 2
    expect_code 4 leadwise train two.safetensors -o other --leads 12
    expect_code 4 leadwise train two.safetensors -o other --year 2020
    expect_code 4 leadwise train two.safetensors -o other --band 0.5,35
    expect_code 2 leadwise train two.safetensors -o other --network nosuchnetwork
    expect_code 2 leadwise train two.safetensors -o other --set network.branches.9.blocks=1
    grep -q "the network has nothing at 'network.branches.9.blocks'" err.txt || cat err.txt
}

case_predict_writes_a_row_a_recording() {
    needs run
    expect_code 0 leadwise predict run/model.safetensors recordings -f csv -o all.csv
    [ "$(wc -l <all.csv)" -eq 41 ] || echo "$(wc -l <all.csv) lines instead of 41"
    head -1 all.csv | grep -qE '^record,status,(P_[A-Za-z]+,){30}(Y_[A-Za-z]+,){30}model,version,warnings,quality,leads$' || head -1 all.csv
    [ "$(awk -F, 'NF != 67' all.csv | wc -l)" -eq 0 ] || echo "rows of other lengths"
    [ "$(sed 1d all.csv | cut -d, -f1,2)" = "$(printf 'S%05d,ok\n' $(seq 0 39))" ] || cut -d, -f1,2 all.csv
    find recordings/ -name '*.hea' | sort -r >names.txt
    leadwise predict -q -m run/model.safetensors - -f csv --threads 1 <names.txt >stdin.csv
    [ "$(sed 1d stdin.csv | tac)" = "$(sed 1d all.csv)" ] || echo "paths from standard input give other rows"
    expect_code 0 leadwise predict run/model.safetensors run/prepared.safetensors -f csv -o -
    same <(cut -d, -f-62 out.txt) <(cut -d, -f-62 all.csv)
}

# The answer to a path comes before the next path does.
case_predict_answers_each_path_at_once() {
    needs run
    mkfifo paths
    leadwise predict -m run/model.safetensors - -q -f csv <paths >answers.csv &
    exec 9>paths
    for name in S00001 S00002 S00003; do
        echo "recordings/$name.hea" >&9
        for ((i = 0; i < 300; i++)); do
            grep -q "^$name,ok" answers.csv && break
            sleep 0.1
        done
        grep -q "^$name,ok" answers.csv || echo "no answer to $name"
    done
    exec 9>&-
    wait
    [ "$(wc -l <answers.csv)" -eq 4 ] || cat answers.csv
}

# Recordings of files, windows, rejected ones and prepared ones.
case_json_lines_keep_to_the_schema() {
    needs run
    local python=/usr/bin/python3
    "$python" -c 'import jsonschema' 2>/dev/null || python=python3
    "$python" -c 'import jsonschema' 2>/dev/null || return 77
    expect_code 3 leadwise predict run/model.safetensors recordings broken/cut.hea nowhere.hea -f jsonl
    "$python" "$here/../../tools/check_schema.py" <out.txt
    [ "$(wc -l <out.txt)" -eq 42 ] || wc -l out.txt
    sum=$(sha256sum recordings/S00001.mat | cut -d' ' -f1)
    grep '"record":"S00001"' out.txt | grep -q "\"S00001.mat\":\"$sum\"" || grep '"record":"S00001"' out.txt
    leadwise predict run/model.safetensors recordings/S00001.hea --stream -f jsonl | "$python" "$here/../../tools/check_schema.py"
    leadwise predict run/model.safetensors run/prepared.safetensors -f jsonl | "$python" "$here/../../tools/check_schema.py"
    sed 's/"used"/"using"/' out.txt | "$python" "$here/../../tools/check_schema.py" >/dev/null && echo "the schema accepts anything"
    return 0
}

case_predict_refuses_a_model_of_another_sum() {
    needs run
    sum=$(sha256sum run/model.safetensors | cut -d' ' -f1)
    expect_code 0 leadwise predict run/model.safetensors recordings/S00001.hea --model-sha256 "$sum"
    expect_code 4 leadwise predict run/model.safetensors recordings/S00001.hea --model-sha256 "${sum/[0-9]/x}"
    grep -q "SHA-256 is $sum, expected" err.txt || cat err.txt
    [ ! -s out.txt ] || cat out.txt
}

# The same bytes alone, with others in another order, as its only window, and for any number of threads.
case_a_recording_has_one_answer() {
    needs run
    leadwise predict -q run/model.safetensors recordings -f csv --threads 2 >together.csv
    expect_code 0 leadwise predict -q run/model.safetensors recordings -f csv --window-step 10 --threads 1 -o windows.csv
    same together.csv windows.csv
    expect_code 0 leadwise predict -q run/model.safetensors recordings/S00007.hea recordings -f csv -o order.csv
    sed 2d order.csv | cmp - together.csv
    for name in S00000 S00007 S00039; do
        expect_code 0 leadwise predict -q run/model.safetensors recordings/$name.hea -f csv --threads 3
        sed 1d out.txt | cmp - <(grep "^$name," together.csv)
    done
}

case_a_broken_recording_is_rejected_and_others_go_on() {
    needs run
    expect_code 3 leadwise predict run/model.safetensors recordings/S00001.hea broken/cut.hea recordings/S00002 -f csv
    [ "$(cut -d, -f1,2 out.txt)" = "record,status
S00001,ok
cut,rejected:FORMAT
S00002,ok" ] || cut -d, -f1,2 out.txt
    grep -qE '^cut,rejected:FORMAT,{61}model sha256:[0-9a-f]{12},[0-9.]+,,,$' out.txt || echo "the cells of a rejected row are not empty"
    grep -q '^rejected broken/cut.hea: FORMAT: broken/cut.hea:2: ' err.txt || cat err.txt
    grep -q '^1 of 3 recordings rejected$' err.txt || cat err.txt
}

case_predict_writes_a_challenge_file_a_recording() {
    needs run
    expect_code 0 leadwise predict run/model.safetensors recordings -f challenge -o scored
    [ "$(find scored -name '*.csv' | wc -l)" -eq 40 ] || ls scored
    [ "$(wc -l <scored/S00000.csv)" -eq 4 ] || cat scored/S00000.csv
    expect_code 0 leadwise evaluate recordings scored
    expect_code 2 leadwise predict run/model.safetensors recordings -f challenge
    expect_code 2 leadwise predict run/model.safetensors recordings -f challenge -o -
    [ ! -e ./- ] || echo "a folder is called -"
    mkdir -p twins/a twins/b
    cp recordings/S00001.* twins/a && cp recordings/S00001.* twins/b
    expect_code 2 leadwise predict run/model.safetensors twins -f challenge -o scored
    expect_code 0 leadwise predict run/model.safetensors twins -f csv
}

case_predict_writes_a_json_line_a_recording() {
    needs run
    expect_code 0 leadwise predict run/model.safetensors recordings -f jsonl
    [ "$(grep -c '^{.*}$' out.txt)" -eq 40 ] || head -3 out.txt
}

# With no class above 1, the decision is the fallback's, or nobody's.
case_thresholds_and_fallback_decide() {
    needs run
    positives() { sed 1d out.txt | cut -d, -f33-62 | tr -d ',\n' | tr -dc 1 | wc -c; }
    expect_code 0 leadwise predict run/model.safetensors recordings -f csv --threshold 1
    [ "$(positives)" -eq 40 ] || echo "$(positives) positives instead of one fallback a record"
    expect_code 0 leadwise predict run/model.safetensors recordings -f csv --threshold 1 --fallback none
    [ "$(positives)" -eq 0 ] || echo "$(positives) positives without a fallback"
    expect_code 0 leadwise predict run/model.safetensors recordings -f csv --threshold 0
    [ "$(positives)" -eq 1200 ] || echo "$(positives) positives instead of all"
}

case_predict_refuses_a_model_that_is_broken_or_other() {
    needs run
    head -c 2000 run/model.safetensors >cut-model.safetensors
    expect_code 4 leadwise predict cut-model.safetensors recordings
    expect_code 4 leadwise predict -m run/prepared.safetensors recordings
    expect_code 5 leadwise predict nomodel.safetensors recordings
    leadwise prepare -q recordings -o chest.safetensors --leads V1,V2
    expect_code 4 leadwise predict run/model.safetensors chest.safetensors
    grep -q 'leads' err.txt || cat err.txt
    expect_code 0 leadwise info run/model.safetensors
    grep -q '^network *multiscale2021' out.txt || cat out.txt
}

# The signals of a prepared file begin where its header ends; four bytes of 0xff are a NaN in float32.
case_a_prepared_sample_that_is_not_finite_is_rejected() {
    needs run
    leadwise prepare -q recordings --leads 2 -o damaged.safetensors
    local begin
    begin=$(($(od -An -tu8 -N8 damaged.safetensors) + 8))
    printf '\377\377\377\377' | dd of=damaged.safetensors bs=1 seek=$((begin + 400)) conv=notrunc status=none
    expect_code 3 leadwise predict run/model.safetensors damaged.safetensors -f csv
    grep -c '^[^,]*,rejected:NOT_FINITE,' out.txt | grep -qx 1 || cat out.txt
    grep -c ',ok,' out.txt | grep -qx 39 || cat out.txt
    expect_code 4 leadwise train damaged.safetensors --width 16 --epochs 1 -o not-finite
    grep -q 'record S00000: a prepared sample is not finite' err.txt || cat err.txt
}

# Too short to hold even the length of a header.
case_a_prepared_file_that_is_cut_short_is_refused() {
    needs run
    head -c 7 run/prepared.safetensors >stub.safetensors
    expect_code 4 leadwise predict run/model.safetensors stub.safetensors
    expect_code 4 leadwise train stub.safetensors -o stub
    expect_code 4 leadwise info stub.safetensors
    expect_code 4 leadwise evaluate stub.safetensors recordings
}

# What is not there is rejected as a broken recording is.
case_a_recording_that_is_not_there_is_rejected() {
    needs run
    expect_code 3 leadwise predict run/model.safetensors recordings/S00001 nowhere/A.hea recordings/S00002.hea -f csv
    [ "$(cut -d, -f1,2 out.txt)" = "record,status
S00001,ok
A,rejected:IO
S00002,ok" ] || cut -d, -f1,2 out.txt
    grep -q '^rejected nowhere/A.hea: IO: nowhere/A.hea: cannot open: No such file or directory$' err.txt || cat err.txt
    grep -q '^1 of 3 recordings rejected$' err.txt || cat err.txt
}

# A prediction needs no labels; what is wrong with them is for who learns or judges by them.
case_predict_ignores_labels_that_are_wrong() {
    needs run
    mkdir beside
    cp recordings/S00001.* beside
    echo 'who;codes' >beside/labels.csv
    expect_code 0 leadwise predict run/model.safetensors beside -f csv -o beside.csv
    [ "$(grep -c '^S00001,ok,' beside.csv)" -eq 1 ] || cat beside.csv
    expect_code 3 leadwise prepare beside -o beside.safetensors
    grep -q 'labels.csv:1: expected the header record,codes' err.txt || cat err.txt
}

# A name with a control character is no file's; C1 controls (here CSI) are kept from terminals and spreadsheets.
case_names_with_control_characters_are_rejected() {
    needs run
    local csi=$'\302\233' name
    mkdir -p odd
    for name in $'a\tb' "c${csi}31m" .hid plain; do
        sed "s/S00001/$name/g" recordings/S00001.hea >"odd/$name.hea"
        cp recordings/S00001.mat "odd/$name.mat"
    done
    expect_code 3 leadwise predict run/model.safetensors odd -f challenge -o odd-outputs
    [ "$(find odd-outputs -type f)" = odd-outputs/plain.csv ] || find odd-outputs
    grep -q '^2 of 3 recordings rejected$' err.txt || cat err.txt
    grep -q 'rejected odd/c?31m.hea: ' err.txt || cat err.txt
    for format in csv table jsonl; do
        leadwise predict run/model.safetensors odd -f $format >out.txt 2>>err.txt
        grep -q "$csi" out.txt && [ $format != jsonl ] && echo "$format passes a control character on"
    done
    grep -q "$csi" err.txt && echo "standard error passes a control character on"
    rm -f odd/a* odd/c*
    expect_code 0 leadwise evaluate odd odd-outputs
    grep -q '^1 recording' out.txt || cat out.txt
}

case_predict_reports_a_full_disk() {
    needs run
    [ -e /dev/full ] || return 0
    local format
    for format in table csv jsonl; do
        expect_code 5 leadwise predict -q run/model.safetensors recordings recordings recordings -f $format -o /dev/full
        [ "$(cat err.txt)" = "leadwise: cannot write the predictions: No space left on device" ] || cat err.txt
    done
    expect_code 5 leadwise predict -q run/model.safetensors recordings/S00001.hea -f table -o /dev/full
    [ "$(cat err.txt)" = "leadwise: /dev/full: No space left on device" ] || cat err.txt
    leadwise predict -q run/model.safetensors recordings -f csv >/dev/full 2>err.txt
    [ "$(cat err.txt)" = "leadwise: cannot write the predictions: No space left on device" ] || cat err.txt
}

# What fails or is stopped on the way leaves the file that was there before, or none, and no temporary.
case_predictions_are_written_whole_or_not_at_all() {
    needs run
    local pid code=0
    leadwise prepare -q recordings -o chest-leads.safetensors --leads V1,V2
    echo before >kept.csv
    expect_code 4 leadwise predict run/model.safetensors recordings chest-leads.safetensors -f csv -o kept.csv
    [ "$(cat kept.csv)" = before ] || head -c 200 kept.csv
    # shellcheck disable=SC2046 # words
    "$program" predict run/model.safetensors $(yes recordings | head -500) -f csv -o killed.csv 2>err.txt &
    pid=$!
    for _ in $(seq 1200); do
        compgen -G 'killed.csv*' >/dev/null && break
        sleep 0.02
    done
    kill -TERM $pid
    wait $pid || code=$?
    [ $code -eq 143 ] || { echo "exit $code instead of 143"; cat err.txt; }
    compgen -G 'killed.csv*'
    compgen -G 'kept.csv?*'
    expect_code 5 leadwise predict run/model.safetensors recordings/S00001.hea -o nowhere/x.csv
    grep -q 'nowhere/x.csv: cannot write: No such file or directory' err.txt || cat err.txt
    expect_code 0 leadwise predict run/model.safetensors recordings/S00001.hea -o kept.csv
    [ "$(wc -l <kept.csv)" -ge 2 ] || cat kept.csv
}

# Predicted all the same: the preprocessing rejects only what has no valid sample.
case_a_flat_recording_has_no_diagnosis() {
    needs run
    mkdir -p flat
    printf 'still 12 500 5000\n' >flat/still.hea
    for lead in I II III aVR aVL aVF V1 V2 V3 V4 V5 V6; do
        printf 'still.dat 16 1000/mV 16 0 0 0 0 %s\n' $lead >>flat/still.hea
    done
    head -c 120000 /dev/zero >flat/still.dat
    expect_code 3 leadwise predict run/model.safetensors flat recordings/S00001.hea -v -f csv
    grep -q '^still,rejected:NO_SIGNAL,,' out.txt || cat out.txt
    grep -q '^rejected flat/still.hea: NO_SIGNAL: still: no lead has a signal in the 10 s from 0 s on (FLAT)$' err.txt || cat err.txt
    grep -q '^S00001,ok,' out.txt || cat out.txt
    [ "$(grep -c '^warning' err.txt)" -eq 1 ] || cat err.txt
}

case_predict_refuses_a_folder_without_recordings() {
    needs run
    mkdir -p nobody
    local format
    for format in table csv; do
        expect_code 3 leadwise predict run/model.safetensors nobody -f $format
        grep -q 'no record was found' err.txt || cat err.txt
        [ ! -s out.txt ] || cat out.txt
    done
    expect_code 0 leadwise predict run/model.safetensors - -f csv
    [ "$(wc -l <out.txt)" -eq 1 ] || cat out.txt
}
# A reader that goes away is no error of ours to talk about.
case_a_reader_that_goes_away_is_no_error() {
    needs run
    leadwise predict run/model.safetensors recordings recordings recordings -q -f csv 2>err.txt | head -1 >out.txt
    [ "${PIPESTATUS[0]}" -eq 141 ] || [ "${PIPESTATUS[0]}" -eq 0 ] || echo "exit ${PIPESTATUS[0]}"
    [ ! -s err.txt ] || cat err.txt
    [ -e /dev/full ] || return 0
    leadwise predict run/model.safetensors recordings -f csv >/dev/full 2>err.txt
    [ $? -eq 5 ] || cat err.txt
}

case_bench_ends_with_the_fastest_time() {
    local what
    for what in train predict layers prepare; do
        expect_code 0 leadwise bench $what --leads 2 --width 16 --batch 2 --repeat 2 --threads 1
        tail -1 out.txt | grep -qE 'min [0-9.]+ s$' || tail -1 out.txt
    done
}

# Other kernels and other plans give the same probabilities up to rounding; a limit that is too low says what would do.
case_other_kernels_and_limits_predict_the_same() {
    needs run
    local how least
    leadwise predict run/model.safetensors recordings -f csv 2>/dev/null | cut -d, -f1-32 >plain.csv
    for how in "--isa scalar" "--memory-limit 40M" "--isa best --memory-limit 30M"; do
        # shellcheck disable=SC2086 # words
        expect_code 0 leadwise predict run/model.safetensors recordings -f csv $how
        cut -d, -f1-32 out.txt | paste -d, plain.csv - | awk -F, -v how="$how" 'NR > 1 { for (i = 3; i <= 32; i++) {
            d = $i - $(i + 32); if (d > 1e-5 || d < -1e-5) { print how ": " $1 " differs by " d; exit } } }'
    done
    expect_code 2 leadwise predict run/model.safetensors recordings -f csv --memory-limit 1M
    grep -q 'a memory limit of 1 MiB: the network needs at least [0-9]* MiB for batches of 32 records' err.txt || cat err.txt
    expect_code 2 leadwise "${train[@]}" -o small --epochs 1 --memory-limit 4M
    grep -q 'a memory limit of 4 MiB: the network needs at least [0-9]* MiB' err.txt || cat err.txt
    least=$(sed -n 's/.*at least \([0-9]*\) MiB.*/\1/p' err.txt)
    expect_code 0 leadwise "${train[@]}" -o least --epochs 1 --memory-limit "${least}M"
    expect_code 2 leadwise "${train[@]}" -o under --epochs 1 --memory-limit "$((least - 1))M"
    expect_code 0 leadwise "${train[@]}" -o small --epochs 1 --memory-limit 64M --isa scalar
}

# A folder belongs to one training at a time; the other one says who has it.
case_a_second_training_in_a_folder_is_refused() {
    needs recordings
    "$program" "${train[@]}" --epochs 500 -o shared-folder >first.txt 2>&1 &
    local first=$!
    for _ in $(seq 100); do
        grep -q '^epoch 1/' first.txt && break
        sleep 0.1
    done
    expect_code 5 leadwise "${train[@]}" --epochs 1 -o shared-folder
    grep -q "shared-folder: process [0-9]* is writing into this folder" err.txt || cat err.txt
    expect_code 5 leadwise crossval recordings --leads 2 --width 8 --epochs 1 -o shared-folder
    kill -TERM $first
    wait $first || [ $? -eq 75 ] || cat first.txt
    expect_code 0 leadwise "${train[@]}" --epochs 1 -o shared-folder
}
