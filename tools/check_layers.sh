#!/usr/bin/env bash
# Fail when an #include points up the layers, when the program looks behind the public headers, or when two files share a name.
set -euo pipefail
cd "$(dirname "$0")/.."

# Each folder of src/, and lab, and what it may include besides itself and base.
declare -A below=(
    [base]=""
    [record]="" [labels]="" [signal]="record labels"
    [dataset]="record labels signal"
    [kernels]="" [network]="kernels" [model]="kernels network labels signal"
    [predict]="record labels signal dataset kernels network model"
    [train]="record labels signal dataset kernels network model predict evaluate"
    [evaluate]="record labels signal dataset kernels network model predict"
    [report]="record labels signal dataset kernels network model predict evaluate train"
    [lab]="record labels signal dataset kernels network model predict evaluate train report"
)
# The lowest layer that each public header is about. leadwise.h is the ground that all stand on.
declare -A owner=(
    [leadwise]=base [cluster]=base [output]=base [record]=record [signal]=signal [dataset]=dataset
    [model]=network [predict]=predict [train]=train [evaluate]=evaluate [report]=report
)
# What a folder may know by its public header only: a network's description holds lead sets and preprocessing, and class
# lists are declared beside recordings.
declare -A public_only=([network]="record signal" [model]="record" [labels]="record")

failures=0
complain() {
    echo "$1" >&2
    failures=$((failures + 1))
}

allowed() { [[ " $2 " == *" $1 "* ]]; }

check_include() { # file, its layer, what it includes
    local file=$1 layer=$2 include=$3 target
    if [[ $include == leadwise/* ]]; then
        target=${owner[$(basename "$include" .h)]:-unknown}
        allowed "$target" "$layer base ${below[$layer]} ${public_only[$layer]:-}" || complain "$file: \"$include\" is above $layer"
    elif [[ $include == */* ]]; then
        target=${include%%/*}
        allowed "$target" "$layer base ${below[$layer]}" || complain "$file: \"$include\" is above $layer"
    fi
}

for file in src/*/*.[ch] src/*/*/*.[ch] lab/*.[ch]; do
    [ -e "$file" ] || continue
    layer=${file#src/}
    layer=${layer%%/*}
    [[ -v below[$layer] ]] || { complain "$file: unknown layer $layer"; continue; }
    while read -r include; do
        check_include "$file" "$layer" "$include"
    done < <(sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"([^"]+)".*/\1/p' "$file")
done

while IFS=: read -r file include; do
    [[ $include == leadwise/* || $include == lab/* || -e cli/$include ]] ||
        complain "$file: \"$include\" is neither a public header nor one of the laboratory"
done < <(grep -HoE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"[^"]+"' cli/*.[ch] examples/*.c 2>/dev/null |
    sed -E 's/:[^"]*"([^"]+)"/:\1/')

while read -r name; do
    complain "two files are called $name"
done < <(find src lab cli tests fuzz -name '*.[ch]' -exec basename {} \; | sort | uniq -d)

if [ "$failures" -gt 0 ]; then
    echo "layering: $failures problem(s)" >&2
    exit 1
fi
