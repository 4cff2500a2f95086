# One network for any lead set.

any=(--leads 3 --width 16 --batch 16 --seed 5 --epochs 1 --missing-leads)

# The first four recordings with every lead but one under names that no network knows.
only() { # lead, folder
    mkdir -p "$2"
    cp recordings/S0000[0-3].mat "$2"
    for header in recordings/S0000[0-3].hea; do
        sed -E "/\.mat /{/ $1\$/!s/ ([A-Za-z0-9]+)\$/ no-\1/}" "$header" >"$2/$(basename "$header")"
    done
}

make_any() { needs recordings && leadwise train recordings "${any[@]}" -o any; }

case_a_network_for_any_leads_trains_on_one() {
    expect_code 0 leadwise train recordings "${any[@]}" -o any
    leadwise prepare -q recordings -o one.safetensors --leads II
    expect_code 0 leadwise train one.safetensors "${any[@]}" -o any-of-one
    expect_code 4 leadwise train one.safetensors --leads 3 --width 16 --epochs 1 -o other
}

# Recordings that have one lead, recordings of which one lead is shown, and a prepared file of one lead.
case_absent_leads_and_hidden_leads_predict_the_same() {
    needs any
    leadwise predict any/model.safetensors recordings/S0000[0-2].hea -q -f csv -o three.csv
    only II second
    rm -f second/S00003.*
    expect_code 0 leadwise predict any/model.safetensors second -f csv -o lacking.csv
    expect_code 0 leadwise predict any/model.safetensors recordings/S0000[0-2].hea --leads II -f csv -o shown.csv
    same <(cut -d, -f-62 lacking.csv) <(cut -d, -f-62 shown.csv)
    grep -q ',used:II absent:I|V2 unknown:no-I|' lacking.csv || head -2 lacking.csv
    cmp -s shown.csv three.csv && echo "--leads changes nothing"
    leadwise prepare -q recordings/S0000[0-2].hea -o second.safetensors --leads II
    leadwise prepare -q recordings/S0000[0-2].hea -o third.safetensors --leads 12
    expect_code 0 leadwise predict any/model.safetensors second.safetensors -f csv -o prepared.csv
    same <(cut -d, -f-62 prepared.csv) <(cut -d, -f-62 shown.csv)
    expect_code 0 leadwise predict any/model.safetensors third.safetensors --leads II -f csv -o prepared.csv
    same <(cut -d, -f-62 prepared.csv) <(cut -d, -f-62 shown.csv)
    expect_code 0 leadwise calibrate any/model.safetensors second -o calibrated.safetensors
    expect_code 0 leadwise calibrate any/model.safetensors second.safetensors -o calibrated-prepared.safetensors
    same calibrated.safetensors calibrated-prepared.safetensors
}

case_a_recording_without_a_common_lead_is_rejected() {
    needs any run
    only II second
    only V5 fifth
    expect_code 3 leadwise predict any/model.safetensors fifth -f csv
    [ "$(grep -c ',rejected:LEAD_NAME,' out.txt)" -eq 4 ] || cat out.txt
    leadwise prepare -q recordings -o fifth.safetensors --leads V5
    expect_code 4 leadwise predict any/model.safetensors fifth.safetensors
    expect_code 2 leadwise predict any/model.safetensors recordings --leads V5
    expect_code 2 leadwise predict run/model.safetensors recordings --leads II
    grep -q 'needs all of its leads' err.txt || cat err.txt
    expect_code 3 leadwise predict run/model.safetensors second -f csv
}
