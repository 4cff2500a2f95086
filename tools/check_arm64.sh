#!/bin/sh
# Build the kernel checks for 64-bit ARM and run them under emulation: check_arm64.sh [build folder]
# Needs aarch64-linux-gnu-gcc and qemu-aarch64 (Debian: gcc-aarch64-linux-gnu, libc6-dev-arm64-cross, qemu-user).
set -eu

cd "$(dirname "$0")/.."
build=${1:-build/arm64}
compiler=aarch64-linux-gnu-gcc
for tool in "$compiler" qemu-aarch64; do
    command -v "$tool" >/dev/null || { echo "check_arm64.sh: $tool is not installed" >&2; exit 77; }
done

mkdir -p "$build"
flags="-std=gnu11 -O2 -ffp-contract=fast -fopenmp -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Werror"
objects=
for source in src/kernels/*.c src/base/error.c src/base/memory.c src/base/random.c src/base/text.c src/base/tuning.c \
    tests/kernel_check.c tests/kernel_check_main.c; do
    object=$build/$(basename "$source" .c).o
    # shellcheck disable=SC2086 # the flags are words
    "$compiler" $flags -Iinclude -Isrc -Itests -c "$source" -o "$object"
    objects="$objects $object"
done
# shellcheck disable=SC2086
"$compiler" -static -fopenmp $objects -lm -o "$build/kernel_check"
exec qemu-aarch64 "$build/kernel_check"
