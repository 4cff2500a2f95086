# Ensembles, and models of half the size.

case_an_ensemble_predicts_the_mean() {
    needs any
    cv=(crossval recordings --leads 2 --width 16 --batch 16 --seed 5 --folds 2 --epochs 1 --replicates 0)
    expect_code 0 leadwise "${cv[@]}" -o pair
    expect_code 0 leadwise combine pair/fold0/model.safetensors pair/fold1/model.safetensors -o combined.safetensors
    same pair/model.safetensors combined.safetensors
    expect_code 0 leadwise info combined.safetensors
    grep -q '^members *2' out.txt || cat out.txt
    for of in pair/fold0 pair/fold1 pair; do
        leadwise predict $of/model.safetensors recordings/S00001.hea -f csv | tail -1 | cut -d, -f3-32 | tr , '\n' >"$of.txt"
    done
    paste pair/fold0.txt pair/fold1.txt pair.txt |
        awk '{d = ($1 + $2) / 2 - $3; if (d * d > 1e-12) print "not the mean: " $0} END {if (NR != 30) print NR " classes"}'
    expect_code 0 leadwise calibrate combined.safetensors recordings -o calibrated.safetensors
    expect_code 4 leadwise combine pair/fold0/model.safetensors any/model.safetensors -o other.safetensors
    grep -q 'model 2 has another network' err.txt || cat err.txt
    expect_code 2 leadwise combine -o other.safetensors
}

case_half_precision_takes_half_the_bytes() {
    needs run
    expect_code 0 leadwise combine run/model.safetensors -o small.safetensors --float16
    expect_code 0 leadwise combine run/model.safetensors -o copy.safetensors
    same run/model.safetensors copy.safetensors
    [ "$(stat -c %s small.safetensors)" -lt $(($(stat -c %s copy.safetensors) * 2 / 3)) ] || ls -l ./*.safetensors
    leadwise info small.safetensors | grep -q '^weights *float16' || leadwise info small.safetensors
    expect_code 0 leadwise combine small.safetensors -o again.safetensors
    same small.safetensors again.safetensors
    expect_code 0 leadwise predict small.safetensors recordings -f csv
}

case_a_temperature_is_stored_and_applied() {
    needs run
    expect_code 0 leadwise calibrate run/model.safetensors recordings -o warm.safetensors --temperature
    grep -qE '^calibration error +[0-9.]+ +[0-9.]+ +\(temperature [0-9.]+\)$' out.txt || cat out.txt
    expect_code 0 leadwise info warm.safetensors
    grep -E '^temperature' out.txt | grep -qv ' 1$' || cat out.txt
    leadwise predict run/model.safetensors recordings/S00001.hea -f csv >cold.csv
    leadwise predict warm.safetensors recordings/S00001.hea -f csv | cmp -s - cold.csv && echo "the temperature changes nothing"
    return 0
}

# Without a model: the one that is built in, or a word that there is none.
case_without_a_model_the_built_in_one_predicts() {
    needs run
    local band
    expect_code 0 leadwise info --models --json
    [ "$(grep -c '"name": ' out.txt)" -eq "$(leadwise info --models | wc -l)" ] || cat out.txt
    expect_code 0 leadwise info --models
    if [ -s out.txt ]; then
        expect_code 0 leadwise predict recordings -f csv
        [ "$(grep -c ',ok,' out.txt)" -eq 40 ] || head -2 out.txt
        leadwise prepare -q recordings -o other-band.safetensors --classes merged
        expect_code 4 leadwise predict other-band.safetensors
        band=$(sed -n 's/.*expected 100 Hz, band \([0-9.]*\) to \([0-9.]*\) Hz.*/\1,\2/p' err.txt)
        ends=$(sed -n 's/.*ends of \(line\|zero\)s.*/\1/p' err.txt)
        leadwise prepare -q recordings -o its-band.safetensors --classes merged --band "$band" --ends "$ends"
        expect_code 0 leadwise predict its-band.safetensors
    else
        expect_code 2 leadwise predict recordings
        grep -q 'none is built into' err.txt || cat err.txt
    fi
    expect_code 2 leadwise predict run/model.safetensors
    grep -q 'needs recordings' err.txt || cat err.txt
}
