#!/usr/bin/env bash
# Compare what the shared library exports, and the sizes of its public structs, with the checked-in list tests/abi.txt: a
# program that was built against an earlier header relies on both. Usage: check_abi.sh BUILD_DIR [--renew]
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
found=$build/abi.txt
[ "$(getconf LONG_BIT)" = 64 ] || { echo "the list is of 64-bit processors"; exit 77; }

{
    for header in include/leadwise/*.h; do echo "#include \"leadwise/$(basename "$header")\""; done
    echo '#include <stdio.h>'
    echo 'int main(void) {'
    sed -nE 's/^typedef (struct|enum) (lw_[a-z0-9_]+) \{.*/    printf("\1 \2 %zu\\n", sizeof(\2));/p' include/leadwise/*.h | LC_ALL=C sort
    echo '    return 0; }'
} >"$build/abi.c"
cc -std=c11 -Iinclude "$build/abi.c" -o "$build/abi_sizes"
{
    "$build/abi_sizes"
    nm -D --defined-only "$build/libleadwise.so" | awk '{ print "function " $3 }' | LC_ALL=C sort
} >"$found"

if [ "${2:-}" = --renew ]; then
    cp "$found" tests/abi.txt
elif ! diff -u tests/abi.txt "$found"; then
    echo "The interface differs from tests/abi.txt: see \"The ABI\" in CONTRIBUTING.md." >&2
    exit 1
fi
