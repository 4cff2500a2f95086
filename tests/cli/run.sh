#!/usr/bin/env bash
# Run the program as people and scripts do: exact output, exit codes, files left behind.
# Every case prints a line as cmocka does; the exit code is not 0 when one failed.
#
# Usage: run.sh [--renew] [CASE...]      --renew: what the program prints becomes what is expected: read the difference!
#        LEADWISE=build/leadwise         the program
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$(realpath "${LEADWISE:-$here/../../build/leadwise}")
[ -x "$program" ] || { echo "$program is not there: build it, or set LEADWISE"; exit 77; }
renew=false
[ "${1:-}" = --renew ] && renew=true && shift
only=" $* "

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
leadwise() { "$program" "$@"; }
for name in $(env | sed -n 's/^\(LEADWISE_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
export NO_COLOR=1 TERM=dumb
export OMP_WAIT_POLICY=passive # tests share their cores with other tests

failures=0
report() { # name, complaint (empty: passed)
    if [ -z "$2" ]; then
        echo "[       OK ] $1"
    else
        echo "[  FAILED  ] $1"
        sed 's/^/    /' <<<"$2"
        failures=$((failures + 1))
    fi
}
wanted() { [ "$only" = "  " ] || [[ $only == *" $1 "* ]]; }

# What changes from run to run.
steady() { sed -E 's/in [0-9.]+ s;/in T s;/; s/[0-9]+ records\/s/N records\/s/; s/ETA [0-9:]+/ETA T/; s/leadwise [0-9]+\.[0-9]+\.[0-9]+/leadwise VERSION/'; }

# exact NAME COMMAND...: standard output, standard error and exit code equal expected/NAME.txt.
exact() {
    local name=$1 expected=$here/expected/$1.txt code
    shift
    wanted "$name" || return 0
    "$@" >out.txt 2>err.txt </dev/null
    code=$?
    { steady <out.txt; echo "--- standard error"; steady <err.txt; echo "--- exit $code"; } >got.txt
    $renew && cp got.txt "$expected"
    report "$name" "$(diff "$expected" got.txt 2>&1)"
}

# check NAME: the function case_NAME prints complaints, or nothing.
check() {
    wanted "$1" || return 0
    report "$1" "$("case_$1" 2>&1)"
}

expect_code() { # code, command...
    local expected=$1 code
    shift
    "$@" >out.txt 2>err.txt </dev/null
    code=$?
    [ "$code" -eq "$expected" ] || { echo "exit $code instead of $expected: $*"; cat err.txt; }
}
same() { cmp "$1" "$2" || echo "$1 and $2 differ"; }
# What the cases share: recordings, broken files, and a small run.
leadwise synth -q -o recordings -n 40 --seed 3 --rate 250 --duration 10
mkdir broken
: >broken/empty.hea
head -c 40 recordings/S00003.hea >broken/cut.hea
cp recordings/S00004.hea broken/
train=(train recordings --leads 2 --width 16 --batch 16 --seed 5)

for source in "$here"/cases_*.sh; do
    # shellcheck source=/dev/null
    source "$source"
done

[ "$failures" -eq 0 ] || { echo "$failures failed"; exit 1; }
