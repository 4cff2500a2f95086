#!/usr/bin/env bash
# Run the program as people and scripts do: exact output, exit codes, files left behind.
# Every case prints a line as cmocka does; the exit code is not 0 when one failed. Each runs in a folder of its own, so that
# any of them runs alone, and all of them in any order.
#
# Usage: run.sh [--renew] [--list] [--shuffle SEED] [CASE...]
#        --renew: what the program prints becomes what is expected: read the difference!
#        LEADWISE=build/leadwise         the program
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$(realpath "${LEADWISE:-$here/../../build/leadwise}")
[ -x "$program" ] || { echo "$program is not there: build it, or set LEADWISE"; exit 77; }
renew=false list=false seed=
while [[ "${1:-}" == --* ]]; do
    case $1 in
    --renew) renew=true ;;
    --list) list=true ;;
    --shuffle) seed=${2:?--shuffle takes a seed} && shift ;;
    *) echo "run.sh: $1 is no option" >&2 && exit 2 ;;
    esac
    shift
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
leadwise() { "$program" "$@"; }
for name in $(env | sed -n 's/^\(LEADWISE_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
export NO_COLOR=1 TERM=dumb
export OMP_WAIT_POLICY=passive # tests share their cores with other tests

# exact NAME COMMAND...: a case: standard output, standard error and exit code equal expected/NAME.txt.
declare -A exact_command
exact() { exact_command[$1]=$(printf '%q ' "${@:2}"); }

# What changes from run to run.
steady() { sed -E 's/in [0-9.]+ s;/in T s;/; s/[0-9]+ records\/s/N records\/s/; s/ETA [0-9:]+/ETA T/; s/leadwise [0-9]+\.[0-9]+\.[0-9]+/leadwise VERSION/'; }
compare_exactly() {
    local expected=$here/expected/$1.txt code
    eval "${exact_command[$1]}" >out.txt 2>err.txt </dev/null
    code=$?
    { steady <out.txt; echo "--- standard error"; steady <err.txt; echo "--- exit $code"; } >got.txt
    $renew && cp got.txt "$expected"
    diff "$expected" got.txt 2>&1
}

expect_code() { # code, command...
    local expected=$1 code
    shift
    "$@" >out.txt 2>err.txt </dev/null
    code=$?
    [ "$code" -eq "$expected" ] || { echo "exit $code instead of $expected: $*"; cat err.txt; }
}
same() { cmp "$1" "$2" || echo "$1 and $2 differ"; }

# needs NAME...: what several cases use and none changes: make_NAME makes it at its first use, and a link to it is left here.
mkdir "$work/shared"
needs() {
    local name
    for name; do
        [ -e "$work/shared/$name" ] || (cd "$work/shared" && "make_$name" >"$name.log" 2>&1) || cat "$work/shared/$name.log"
        [ -e "$name" ] || ln -s "$work/shared/$name" "$name"
    done
}
make_recordings() { leadwise synth -q -o recordings -n 40 --seed 3 --rate 250 --duration 10; }
make_broken() {
    needs recordings
    mkdir broken
    : >broken/empty.hea
    head -c 40 recordings/S00003.hea >broken/cut.hea
    cp recordings/S00004.hea broken/
}
train=(train recordings --leads 2 --width 16 --batch 16 --seed 5)
make_run() { needs recordings && leadwise "${train[@]}" --epochs 3 -o run --threads 1; }
make_tables() { needs recordings && mkdir tables && leadwise prepare -q recordings -o tables/prepared.safetensors; }

for source in "$here"/cases_*.sh; do
    # shellcheck source=/dev/null
    source "$source"
done

# A case is an `exact` or a function case_NAME, which prints complaints, or nothing; 77: it cannot run here.
failures=0
run_case() {
    local name=$1 said code
    mkdir "$work/case" && cd "$work/case" || exit 1
    if [ -n "${exact_command[$name]:-}" ]; then
        needs recordings broken scored_by_hand options
        said=$(compare_exactly "$name")
    else
        needs recordings broken
        said=$("case_$name" 2>&1)
    fi
    code=$?
    if [ -n "$said" ]; then
        echo "[  FAILED  ] $name"
        sed 's/^/    /' <<<"$said"
        failures=$((failures + 1))
    elif [ "$code" -eq 77 ]; then
        echo "[  SKIPPED ] $name"
    else
        echo "[       OK ] $name"
    fi
    cd "$work" && rm -rf "$work/case"
}

mapfile -t names < <({ printf '%s\n' "${!exact_command[@]}"; declare -F | sed -n 's/^declare -f case_//p'; } | LC_ALL=C sort)
[ -z "$seed" ] || mapfile -t names < <(printf '%s\n' "${names[@]}" |
    while read -r name; do echo "$(cksum <<<"$seed $name") $name"; done | sort -n | sed 's/.* //')
for name in "$@"; do
    [[ " ${names[*]} " == *" $name "* ]] || { echo "run.sh: no case $name" >&2 && exit 2; }
done
if $list; then
    printf '%s\n' "${names[@]}"
    exit
fi
for name in "${names[@]}"; do
    [ $# -gt 0 ] && [[ " $* " != *" $name "* ]] || run_case "$name"
done
[ "$failures" -eq 0 ] || { echo "$failures failed"; exit 1; }
