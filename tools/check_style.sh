#!/usr/bin/env bash
# Fail where a source breaks a rule that clang-format cannot check: a .c file begins with a sentence that says what is in it,
# a pointer is tested as `if (p)` or `if (!p)`, the library reads no environment and names no flag of the program.
set -euo pipefail
cd "$(dirname "$0")/.."
failures=0
complain() { # what, then the places on standard input
    while read -r place; do
        echo "$1: $place" >&2
        failures=$((failures + 1))
    done
}

mapfile -t sources < <(find cli examples fuzz lab src tests -name '*.c')
complain "does not begin with a sentence" < <(for file in "${sources[@]}"; do
    [[ $(grep -vE '^#define _[A-Z_]+SOURCE|^$' "$file" | head -n 1) == '/*'* ]] || echo "$file"
done)
complain "compares a pointer with NULL" < <(grep -rnE --include='*.[ch]' '[!=]= NULL\b' cli examples fuzz include lab src tests)
complain "reads the environment" < <(grep -rn --include='*.[ch]' 'getenv' src include)
complain "names a flag of the program" < <(grep -rnE --include='*.[ch]' '(^|[ "`])--[a-z][a-z-]+([^a-z:-]|$)' src include)
[ "$failures" -eq 0 ]
