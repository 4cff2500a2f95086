#!/usr/bin/env bash
# Each public header must compile alone, as strict C11 and as C++, and the shared library must export what they declare.
# Usage: check_headers.sh BUILD_DIR
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
failures=0

for header in include/leadwise/*.h; do
    include="#include \"leadwise/$(basename "$header")\""
    echo "$include" | cc -std=c11 -pedantic -Wall -Wextra -Werror -Iinclude -fsyntax-only -x c - || failures=$((failures + 1))
    if command -v c++ >/dev/null; then
        echo "$include" | c++ -std=c++17 -Wall -Wextra -Werror -Iinclude -fsyntax-only -x c++ - || failures=$((failures + 1))
    fi
done

if [ -e "$build/libleadwise.so" ]; then
    tools/symbol_map.sh include/leadwise | sed -n 's/^ *\(lw_[a-z0-9_]*\);/\1/p' | LC_ALL=C sort >"$build/declared.txt"
    nm -D --defined-only "$build/libleadwise.so" | awk '{ print $3 }' | LC_ALL=C sort >"$build/exported.txt"
    difference=$(LC_ALL=C comm -3 "$build/declared.txt" "$build/exported.txt")
    if [ -n "$difference" ]; then
        echo "declared but not exported, or (indented) exported but not declared:" >&2
        echo "$difference" >&2
        failures=$((failures + 1))
    fi
fi
[ "$failures" -eq 0 ]
