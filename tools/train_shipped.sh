#!/usr/bin/env bash
# Train the model that models/ ships: the ensemble of five folds, for any of twelve leads, of all recordings below the
# folders but a held-out part (about 15 % of each folder), on which it is then scored for its card. Copies of a recording
# lie on the same side, since its signal file's checksum decides. Can be stopped and started again.
#
# Usage: tools/train_shipped.sh OUT FOLDER... [-- OPTION...]      OPTION: of crossval, after those of the recipe
set -euo pipefail
program=${LEADWISE:-$(dirname "$0")/../build/leadwise}
out=$1 folders=() options=()
shift
while [ $# -gt 0 ] && [ "$1" != -- ]; do folders+=("$1") && shift; done
[ $# -gt 0 ] && shift && options=("$@")
mkdir -p "$out"

# Headers of a folder, those held out (yes) or the others (no).
part() {
    local header sum
    for header in "$1"/*.hea; do
        sum=$(cksum <"${header%.hea}.mat")
        if [ $((${sum%% *} % 100)) -lt 15 ]; then echo "yes $header"; else echo "no $header"; fi
    done | sed -n "s/^$2 //p"
}
prepare() { "$program" prepare - --classes merged --band 0.5,35 --ends zero -o "$1"; }

for folder in "${folders[@]}"; do
    name=$(basename "$folder")
    part "$folder" yes | prepare "$out/held-out-$name.safetensors"
done
for folder in "${folders[@]}"; do part "$folder" no; done | prepare "$out/train.safetensors"
"$program" crossval "$out/train.safetensors" -o "$out/folds" --recipe best --width 32 --lead-dropout 0.5 \
    --label-mask --metric-head 0 --validation-fraction 0.05 --resume "${options[@]}"
"$program" combine "$out/folds/model.safetensors" -o "$out/leadwise-any.safetensors" --float16
