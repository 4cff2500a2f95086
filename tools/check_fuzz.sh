#!/usr/bin/env bash
# Refuse a public function that takes bytes, texts or a path and is not in the table of fuzz/README.md, and a target that
# the table lacks, or that has no seeds or no dictionary.
set -euo pipefail
cd "$(dirname "$0")/.."
failures=0
table=$(grep '^| ' fuzz/README.md)

# Declarations on one line each, without comments; of these the ones that take what a reader may read.
readers=$(cat include/leadwise/*.h | tr '\n' ' ' | sed 's|/\*[^*]*\*\+\([^/*][^*]*\*\+\)*/| |g; s/[;{}]/\n/g' |
    grep -v typedef | grep -oE '\blw_[a-z0-9_]+\([^()]*const (char|void|lw_record_file) \*' | sed 's/(.*//' | sort -u)
[ "$(wc -w <<<"$readers")" -gt 20 ] || { echo "the headers were not understood" >&2; exit 1; }
for name in $readers; do
    if ! grep -q "\`$name\`" <<<"$table"; then
        echo "$name: in no row of fuzz/README.md, expected the fuzz target that reaches it" >&2
        failures=$((failures + 1))
    fi
done
for source in fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    name=${name#fuzz_}
    for wanted in "fuzz/corpus/$name" "fuzz/dictionaries/$name.dict"; do
        [ -e "$wanted" ] || { echo "$source: $wanted is missing" >&2; failures=$((failures + 1)); }
    done
    grep -q "^| $name |" <<<"$table" || { echo "$source: no row in fuzz/README.md" >&2; failures=$((failures + 1)); }
done
while read -r name; do
    [ -e "fuzz/fuzz_$name.c" ] || { echo "fuzz/README.md: there is no target $name" >&2; failures=$((failures + 1)); }
done < <(sed -n '/^| target/d; s/^| \([a-z]*\) |.*/\1/p' <<<"$table")
[ "$failures" -eq 0 ]
