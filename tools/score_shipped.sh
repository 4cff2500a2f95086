#!/usr/bin/env bash
# Score a model for its card: the tables of each data set (a folder of recordings, or a prepared file), with all the leads and
# with leads I and II alone, into CARD.
#
# Usage: tools/score_shipped.sh CARD MODEL DATA...
set -euo pipefail
program=${LEADWISE:-$(dirname "$0")/../build/leadwise}
card=$1 model=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -f "$card"
for data in "$@"; do
    name=$(basename "$data" .safetensors)
    for leads in 12 2; do
        "$program" predict "$model" "$data" --leads "$leads" -f challenge -o "$work/$name-$leads" -q
        "$program" evaluate "$data" "$work/$name-$leads" --year 2021 --by source,sex,age --card "$card" \
            --title "$name, $leads leads" | sed -n '1,12p'
    done
done
