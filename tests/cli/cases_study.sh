# Cross-validation, the papers' tables, and calibration.

# score FILE KEY [PART]: a number of a JSON file as the program writes it, below PART where given, to 12 decimals.
score() {
    sed -n "/^ \"${3:-}/,\$p" "$1" | sed -nE "s/^ +\"$2\": ([-0-9.e]+),?$/\1/p" | awk 'NR == 1 {printf "%.12f\n", $1}'
}

make_all() { needs recordings broken && mkdir all && cp recordings/* broken/cut.hea broken/empty.hea all/; }
make_cv() {
    needs all && leadwise crossval all --leads 2 --width 16 --batch 16 --seed 5 --folds 2 --epochs 2 --replicates 20 -o cv --threads 1
}

# An empty header and one that is cut off: rejected, and scored as records in which nothing was found.
case_crossval_scores_what_evaluate_scores() {
    needs all
    expect_code 0 leadwise crossval all --leads 2 --width 16 --batch 16 --seed 5 --folds 2 --epochs 2 --replicates 20 \
        -o cv --threads 1
    grep -q '^42 recordings, 2 of them rejected, 2 folds$' out.txt || cat out.txt
    [ "$(grep -c '^fold [12]/2  epoch [12]/2 ' err.txt)" -eq 4 ] || cat err.txt
    [ "$(find cv/outputs -name '*.csv' | wc -l)" -eq 42 ] || find cv/outputs
    leadwise evaluate all cv/outputs --json >scores.json 2>err.txt || cat err.txt
    for key in challenge_metric auroc auprc accuracy f_measure; do
        [ -n "$(score scores.json $key)" ] || echo "no $key"
        [ "$(score cv/results.json $key pooled)" = "$(score scores.json $key)" ] || echo "$key differs"
    done
}

# Said before the first training, not after the last.
case_crossval_refuses_a_name_that_no_file_can_have() {
    mkdir odd-names
    cp recordings/S0000* odd-names/
    sed "s/S00001/a\tb/g" recordings/S00001.hea >$'odd-names/a\tb.hea'
    cp recordings/S00001.mat $'odd-names/a\tb.mat'
    expect_code 2 leadwise crossval odd-names --leads 2 --width 16 --batch 4 --folds 2 --epochs 1 -o odd-cv
    grep -q 'record a?b: no output file can have its name' err.txt || cat err.txt
    [ ! -e odd-cv/fold0 ] || echo "a fold was trained"
}

case_crossval_gives_the_same_bytes_after_a_stop() {
    needs all cv
    expect_code 0 leadwise crossval --config cv/config.json -o cv2 --threads 2
    diff -r cv/outputs cv2/outputs
    same cv/results.json cv2/results.json
    cp -rL --preserve=timestamps cv cv3
    expect_code 0 leadwise crossval --config cv/config.json -o cv3 --resume
    diff -r cv cv3
    rm -r cv3/fold1 cv3/results.json cv3/outputs
    expect_code 0 leadwise crossval --config cv/config.json -o cv3 --resume
    diff -r cv/outputs cv3/outputs
    same cv/results.json cv3/results.json
    same cv/fold1/model.safetensors cv3/fold1/model.safetensors
}

case_crossval_splits_by_source() {
    leadwise synth -q -o north/a -n 12 --seed 1 --duration 10
    leadwise synth -q -o south/b -n 10 --seed 2 --duration 10
    for file in south/b/*.hea; do sed -i 's/S000/T000/g' "$file"; done
    for file in south/b/*; do mv "$file" "${file/S000/T000}"; done
    expect_code 0 leadwise crossval north south -o by-source --split source --leads 2 --width 16 --batch 8 --epochs 1
    grep -q '"source": "b"' by-source/results.json || cat by-source/results.json
    expect_code 2 leadwise crossval north south -o by-source --split source --folds 3
}

# Two cells of a table, at once; the second table takes over the cell that both have, and a stopped one goes on.
case_a_study_takes_over_finished_cells() {
    local how=(--width 16 --batch 16 --seed 5 --folds 2 --epochs 1 --replicates 20)
    expect_code 0 leadwise study multiscale2021-table4 recordings -o tables "${how[@]}" --jobs 2 \
        --only ms-attention-2,ms-noattention-2
    grep -q '^2 of 10 cells are finished$' out.txt || cat out.txt
    [ "$(grep -c '^ms-[a-z]*-2  fold [12]/2  epoch 1/1 ' err.txt)" -eq 4 ] || cat err.txt
    leadwise evaluate recordings tables/ms-attention-2/outputs --json >scores.json 2>err.txt || cat err.txt
    [ "$(awk -F, '$1 == "ms-attention-2" && $7 == "fallback" {printf "%.12f", $8}' tables/results.csv)" = \
        "$(score scores.json challenge_metric)" ] || cat tables/results.csv
    grep -q 'published 0.678' tables/report.html || echo "no published number"
    rm -r tables/ms-attention-2/fold1
    cp -r --preserve=timestamps tables before
    expect_code 0 leadwise study multiscale2021-table1 tables/prepared.safetensors -o tables "${how[@]}" --resume \
        --only ms-attention-2
    grep -q '^1 of 5 cells are finished$' out.txt || cat out.txt
    grep -q 'fold 1/2' err.txt && cat err.txt
    diff -r before/ms-noattention-2 tables/ms-noattention-2
    same before/ms-attention-2/results.json tables/ms-attention-2/results.json
    expect_code 0 leadwise study multiscale2021-table4 -o tables --report
    grep -q '^2 of 10 cells are finished$' out.txt || cat out.txt
    expect_code 2 leadwise study multiscale2021-table1 tables/prepared.safetensors -o tables --only ms-attention --budget
    grep -q 'no cell ms-attention, ' err.txt || cat err.txt
    expect_code 4 leadwise study multiscale2021-table1 tables/prepared.safetensors -o tables "${how[@]}" --resume \
        --only ms-attention-2 --learning-rate 0.002
}

# As in the environment; a limit that no network of the study can keep to is said.
case_a_study_takes_kernels_and_limits_from_the_environment() {
    needs tables
    local how=(multiscale2021-table4 tables/prepared.safetensors --only ms-attention-2 --width 8 --batch 16 --folds 2 --epochs 1)
    expect_code 0 leadwise study "${how[@]}" -o scalar --isa scalar --memory-limit 64M
    LEADWISE_ISA=scalar LEADWISE_MEMORY_LIMIT=64M expect_code 0 leadwise study "${how[@]}" -o scalar-set
    same scalar/ms-attention-2/fold1/model.safetensors scalar-set/ms-attention-2/fold1/model.safetensors
    expect_code 2 leadwise study "${how[@]}" -o small --memory-limit 1M
    grep -q 'the network needs at least [0-9]* MiB' err.txt || cat err.txt
}

case_a_budget_trains_nothing() {
    needs tables
    expect_code 0 leadwise study multiscale2021-table4 tables/prepared.safetensors -o none --folds 2 --width 8 --batch 16 \
        --epochs 30 --only ms-attention-2,ms-noattention-2 --jobs 2 --budget
    [ "$(awk '$1 ~ /^ms-/ && $3 == 4 && $4 <= $5' out.txt | wc -l)" -eq 2 ] || cat out.txt
    grep -q '^by the clock' out.txt || cat out.txt
    [ -z "$(ls none)" ] || ls none
}

case_a_study_refuses_tables_and_cells_that_are_not() {
    needs tables
    expect_code 0 leadwise study --list
    [ "$(grep -c '^  m[hs]-' out.txt)" -eq 54 ] || cat out.txt
    grep -q '^  mixup  *mixup=' out.txt || cat out.txt
    expect_code 2 leadwise study multiscale2021-table5 recordings -o x
    grep -q "did you mean 'multiscale2021-table" err.txt || cat err.txt
    expect_code 2 leadwise study
    expect_code 2 leadwise study multiscale2021-table4 -o x
    expect_code 2 leadwise study multiscale2021-table4 recordings
    expect_code 2 leadwise study multiscale2021-table4 tables/prepared.safetensors -o x --only ms-attention-5
    expect_code 2 leadwise study metaheart2020-table2 tables/prepared.safetensors -o x
    expect_code 2 leadwise study multiscale2021-table4 tables/prepared.safetensors -o x --leads 2
    expect_code 4 leadwise study metaheart2020-table2 tables/prepared.safetensors -o x --year 2020
}

case_an_ablation_compares_changes_with_a_baseline() {
    needs tables
    local how=(--leads 2 --width 8 --batch 16 --epochs 3 --seeds 2 --replicates 20)
    local mine=(--only mixup,cosine,mine --try 'mine:learning-rate=0.01 mixup=0.5')
    expect_code 0 leadwise study ablation tables/prepared.safetensors -o ablation "${how[@]}" "${mine[@]}" --jobs 2
    [ "$(cut -d, -f1 ablation/results.csv | sort -u | tr '\n' ' ')" = 'baseline change cosine mine mixup ' ] ||
        cat ablation/results.csv
    [ "$(grep -c '^ensemble ' out.txt)" -eq 0 ] || cat out.txt
    grep -q '^mine .*tuned .*AUROC ' out.txt || cat out.txt
    cp ablation/results.csv before.csv
    expect_code 0 leadwise study ablation tables/prepared.safetensors -o ablation "${how[@]}" "${mine[@]}" --report
    same before.csv ablation/results.csv
    expect_code 0 leadwise study ablation tables/prepared.safetensors -o none "${how[@]}" --only mixup,cosine --budget
    grep -q '^6 runs x at most 3 epochs x 2 steps x .* hours$' out.txt || cat out.txt
    expect_code 0 leadwise study ablation tables/prepared.safetensors -o off --recipe best "${how[@]}" --only mixup,cosine
    grep -q '^no cosine ' out.txt || cat out.txt
    expect_code 2 leadwise study ablation tables/prepared.safetensors -o x --try mixup=0.4
    expect_code 2 leadwise study ablation tables/prepared.safetensors -o x --try 'mine:mixap=0.4'
    expect_code 2 leadwise study ablation -o x
}

# All that is tried by default is made before anything is trained: the first run is missing, nothing else is wrong.
case_an_ablation_plans_every_change_before_training() {
    needs tables
    local how=(study ablation tables/prepared.safetensors -o defaults --leads 2 --width 8 --epochs 3)
    expect_code 5 leadwise "${how[@]}" --report
    grep -qx 'leadwise: defaults: the study has not been run there' err.txt || cat err.txt
    [ ! -e defaults ] || echo "a report makes a folder"
    expect_code 5 leadwise study multiscale2021-table4 -o defaults --report
    grep -qx 'leadwise: defaults: the study has not been run there' err.txt || cat err.txt
    mkdir -p defaults/baseline
    for more in "" "--recipe best" "--inputs age,sex" "--lead-dropout 0.5"; do
        # shellcheck disable=SC2086
        expect_code 5 leadwise "${how[@]}" --report $more
        grep -q 'defaults/baseline/seed0/model.safetensors: cannot open' err.txt || cat err.txt
    done
    expect_code 0 leadwise "${how[@]}" --batch 16 --seeds 2 --budget
    grep -q '^best: 2 runs x at most 80 epochs x ' out.txt || cat out.txt
    grep -q '^people: 2 runs x at most 3 epochs x ' out.txt || cat out.txt
    grep -q '^22 runs x at most 3 epochs x ' out.txt || cat out.txt
    grep -q '^together: at most .* hours$' out.txt || cat out.txt
}

# Pairs of the network, and the baseline's seeds as one model.
case_an_ablation_changes_the_network() {
    needs tables
    local how=(study ablation tables/prepared.safetensors -o networks --leads 2 --width 8 --batch 16 --epochs 3 --seeds 2
        --replicates 20)
    local tried=(--try 'mine:width=4 dropout=0.4 learning-rate=0.01 inputs=sex')
    expect_code 0 leadwise "${how[@]}" --jobs 2 --only people,mine,best,ensemble "${tried[@]}" --set network.dropout=standard
    [ "$(cut -d, -f1 networks/results.csv | uniq | tr '\n' ' ')" = 'change baseline people best mine ensemble ' ] ||
        cat networks/results.csv
    grep -q '^ensemble .*tuned .*AUROC ' out.txt || cat out.txt
    grep -q '^mine,width=4 dropout=0.4 learning-rate=0.01 inputs=sex,2,plain,' networks/results.csv || cat networks/results.csv
    grep -q '"age"' networks/people/seed1/run.json && grep -q '"sex"' networks/people/seed1/run.json || echo "nobody"
    grep -q '"age"' networks/baseline/seed1/run.json && echo "the baseline was told"
    sed -n '/"network"/,/"data_sha256"/p' networks/mine/seed0/run.json >mine.txt
    for what in '"filters": 4,' '"dropout": 0.40' '"dropout": "standard"' '"sex"'; do
        grep -q "$what" mine.txt || echo "mine is without $what"
    done
    sed -n '/"network"/,/"data_sha256"/p' networks/best/seed0/run.json >best.txt
    for what in '"filters": 8,' '"dropout": 0.10' '"dropout": "standard"'; do
        grep -q "$what" best.txt || echo "best is without $what"
    done
    grep -q '"sex"' best.txt && echo "best was told"
    cp networks/results.csv before.csv
    expect_code 0 leadwise "${how[@]}" --only people,mine,best "${tried[@]}" --set network.dropout=standard --resume
    [ ! -s err.txt ] || cat err.txt
    grep -v '^ensemble,' before.csv | cmp - networks/results.csv
    expect_code 0 leadwise "${how[@]}" --only ensemble --set network.dropout=standard --report
    grep -E '^(change|baseline|ensemble),' before.csv | cmp - networks/results.csv
    expect_code 0 leadwise "${how[@]}" --only people --inputs age -o told
    grep -q '^no people ' out.txt || cat out.txt
    grep -q '^people,inputs=none,' told/results.csv || cat told/results.csv
}

case_an_ablation_refuses_changes_that_are_wrong() {
    needs tables
    local how=(study ablation tables/prepared.safetensors -o x --leads 2 --width 8 --epochs 3)
    for pairs in 'widt=4' 'width=0' 'dropout=2' 'inputs=height' 'inputs=' 'mixup'; do
        expect_code 2 leadwise "${how[@]}" --try "mine:$pairs"
        [ "$(grep -c . err.txt)" -ge 1 ] || echo "no sentence: $pairs"
        [ ! -e x/baseline ] || echo "trained: $pairs"
    done
    expect_code 2 leadwise "${how[@]}" --try ensemble:mixup=0.1
    expect_code 2 leadwise "${how[@]}" --only mixup,mixap,mine --try mine:mixup=0.1
    grep -q "no change 'mixap', expected some of .*mixup,.*best,ensemble,mine" err.txt || cat err.txt
    [ ! -e x/baseline ] || echo "trained all the same"
}

# Two leads of a file with twelve: the bytes of a run on a file with the two.
case_two_leads_of_a_prepared_file_train_the_same_network() {
    local how=(--width 16 --batch 16 --epochs 2 --seed 5)
    leadwise prepare -q recordings -o twelve.safetensors
    leadwise prepare -q recordings -o pair.safetensors --leads 2
    expect_code 0 leadwise train twelve.safetensors --leads 2 "${how[@]}" -o of-twelve
    expect_code 0 leadwise train pair.safetensors "${how[@]}" -o of-pair
    same of-twelve/model.safetensors of-pair/model.safetensors
    same of-twelve/history.csv of-pair/history.csv
    leadwise predict of-pair/model.safetensors pair.safetensors -q -f csv -o pair.csv
    expect_code 0 leadwise predict of-pair/model.safetensors twelve.safetensors -q -f csv -o twelve.csv
    same pair.csv twelve.csv
    expect_code 0 leadwise calibrate of-pair/model.safetensors twelve.safetensors -o calibrated.safetensors
    expect_code 4 leadwise train pair.safetensors --leads 3 -o x
}

case_calibrate_stores_the_thresholds_that_it_prints() {
    needs cv
    local model=cv/fold0/model.safetensors
    expect_code 0 leadwise calibrate $model recordings -o calibrated.safetensors --fallback none
    grep -q 'class by class' out.txt || cat out.txt
    expect_code 0 leadwise calibrate $model cv/prepared.safetensors -o same.safetensors --fallback none --threads 1
    same calibrated.safetensors same.safetensors
    leadwise predict calibrated.safetensors recordings -q -f challenge -o calibrated-outputs
    leadwise evaluate recordings calibrated-outputs --json >scores.json
    [ "$(printf '%.3f' "$(score scores.json challenge_metric)")" = "$(awk '/class by class/ {print $4}' out.txt)" ] ||
        cat scores.json out.txt
    expect_code 2 leadwise calibrate $model -o x.safetensors
    expect_code 4 leadwise calibrate recordings/S00000.hea recordings -o x.safetensors
}
