#!/usr/bin/env bash
# Install the packages that a build needs and that are missing; prints what is installed, nothing when all is there.
# --check: also what the tests need: MPI, and Python as an independent reader of the files that are written.
# --ci: also what the sanitizer, Clang, fuzz and 64-bit Arm builds and the format check need.
set -euo pipefail

packages=(gcc make cmake ninja-build pkg-config libc6-dev libjansson-dev libssl-dev libcmocka-dev)
optional=(libflac-dev)
case ${1:-} in
--check | --ci) optional+=(mpi-default-dev mpi-default-bin python3 python3-jsonschema) ;;
esac
if [ "${1:-}" = --ci ]; then
    packages+=(clang-14 clang-format-14 libclang-rt-14-dev libomp-14-dev)
    optional+=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user)
fi

if ! command -v dpkg-query >/dev/null; then
    missing=()
    for tool in cc cmake ninja pkg-config; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    for library in jansson libcrypto cmocka; do
        pkg-config --exists "$library" 2>/dev/null || missing+=("$library")
    done
    [ ${#missing[@]} -eq 0 ] && exit 0
    echo "Leadwise needs a C compiler, CMake 3.25, Ninja, pkg-config, jansson, libcrypto (OpenSSL 3) and cmocka (libFLAC: optional)." >&2
    echo "This is not a Debian system, so please install what is missing: ${missing[*]}" >&2
    exit 1
fi

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# pkgconf provides pkg-config on newer systems, and any C compiler will do.
is_there() {
    case $1 in
    gcc) command -v cc >/dev/null ;;
    make | cmake | pkg-config | python3 | clang-14 | clang-format-14) command -v "$1" >/dev/null ;;
    ninja-build) command -v ninja >/dev/null ;;
    *) is_installed "$1" ;;
    esac
}

required_missing=() optional_missing=()
for package in "${packages[@]}"; do is_there "$package" || required_missing+=("$package"); done
for package in "${optional[@]}"; do is_there "$package" || optional_missing+=("$package"); done
missing=("${required_missing[@]}" "${optional_missing[@]}")
[ ${#missing[@]} -eq 0 ] && exit 0

sudo=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        [ ${#required_missing[@]} -eq 0 ] && exit 0
        echo "please install as root: apt-get install ${required_missing[*]}" >&2
        exit 1
    fi
    sudo=(sudo)
fi
install() {
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" </dev/null >/dev/null
}
echo "installing: ${missing[*]}" >&2
# The index of packages may be absent (a fresh container) or stale, so a failure is tried again after an update.
if ! install "${missing[@]}" 2>/dev/null; then
    "${sudo[@]}" apt-get update -qq </dev/null
    if ! install "${missing[@]}"; then
        [ ${#required_missing[@]} -eq 0 ] || install "${required_missing[@]}"
        echo "optional packages are missing; building without: ${optional_missing[*]}" >&2
    fi
fi
