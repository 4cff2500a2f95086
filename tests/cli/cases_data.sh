# Recordings and prepared files: info, prepare, synth, plot, evaluate.

exact info_record leadwise info recordings/S00001.hea
exact info_empty leadwise info broken/empty.hea
exact info_cut leadwise info broken/cut.hea
exact info_without_signals leadwise info broken/S00004.hea
exact info_nothing leadwise info nothing.hea
exact info_folder leadwise info recordings
exact synth_unknown_kind leadwise synth -o unknown --kinds FOO
exact prepare_nothing leadwise prepare nothing -o x.safetensors
exact prepare_all_rejected leadwise prepare broken -o x.safetensors
exact prepare_some_rejected leadwise prepare broken recordings -o mixed.safetensors
exact prepare_nowhere leadwise prepare recordings -o nowhere/x.safetensors

case_prepared_bytes() {
    expect_code 0 leadwise prepare recordings -o all.safetensors --threads 1
    expect_code 0 leadwise prepare recordings -o threads.safetensors --threads 2
    find recordings -name '*.hea' | sort | leadwise prepare -q - -o stdin.safetensors
    same all.safetensors threads.safetensors
    same all.safetensors stdin.safetensors
    leadwise info all.safetensors >out.txt
    grep -q '^records *40$' out.txt || cat out.txt
    head -c 5000 all.safetensors >cut.safetensors
    expect_code 4 leadwise info cut.safetensors
}
check prepared_bytes

case_synth_repeats() {
    leadwise synth -q -o again -n 3 --seed 3 --rate 250 --duration 10
    for name in S00000 S00002; do
        same again/$name.hea recordings/$name.hea
        same again/$name.mat recordings/$name.mat
    done
}
check synth_repeats

case_plot() {
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
check plot

# Three records with one diagnosis each; by hand: sinus rhythm and AF right, the third (RBBB) called sinus rhythm.
mkdir labels outputs
label() { printf '%s 1 100 10\n%s.mat 16+24 1000/mV 16 0 0 0 0 I\n#Dx: %s\n%s\n' "$1" "$1" "$2" "${3:-}" >"labels/$1.hea"; }
output() { printf '#%s\n426783006,164889003,59118001\n%s\n%s\n' "$1" "$2" "$3" >"outputs/$1.csv"; }
label R1 426783006
label R2 164889003 '#Age: 64'
label R3 59118001 '#Sex: F'
output R1 1,0,0 0.9,0.1,0.1
output R2 0,1,0 0.1,0.9,0.1
output R3 1,0,0 0.6,0.2,0.3
exact evaluate leadwise evaluate labels outputs
exact evaluate_gate leadwise evaluate labels outputs --min accuracy=0.6 --min accuracy=0.7 --min challenge_metric=1
exact evaluate_by leadwise evaluate labels outputs --by source,sex,age --replicates 20 --threads 2
exact evaluate_nothing leadwise evaluate labels nothing

case_evaluate_gate_met() { expect_code 0 leadwise evaluate labels outputs --min accuracy=0.66 --min auroc=1; }
check evaluate_gate_met

case_evaluate_json() {
    leadwise evaluate labels outputs --json >out.json
    grep -q '"accuracy": 0.6666666666666666' out.json || cat out.json
}
check evaluate_json

# Each data set adds a section to the card.
case_evaluate_card() {
    expect_code 0 leadwise evaluate labels/ outputs --card card.md
    expect_code 0 leadwise evaluate labels outputs --card card.md --title 'Once more' --replicates 0
    [ "$(grep '^## ' card.md)" = "## labels
## Once more" ] || cat card.md
    [ "$(grep -c '^| female | 1 |' card.md)" -eq 2 ] || cat card.md
    grep -q '^| AF | 1 | 1.000 | 1.000 | 1.000 | 1.000 (1.000 to 1.000) |' card.md || cat card.md
    sed -n '/Once more/,$p' card.md | grep -q ' to ' && cat card.md
    [ -e /dev/full ] || return 0
    expect_code 5 leadwise evaluate labels outputs --card /dev/full
}
check evaluate_card

case_evaluate_malformed() {
    cp -r outputs ragged
    printf '#R2\n426783006,164889003,59118001\n0,1\n0.1,0.9,0.1\n' >ragged/R2.csv
    expect_code 3 leadwise evaluate labels ragged
    grep -q 'R2.csv:3' err.txt || cat err.txt
}
check evaluate_malformed
