#!/usr/bin/env bash
# Run every fuzz target (or those named) for $1 seconds, JOBS at a time, from fuzz/corpus. New inputs go to
# build-fuzz/found, reports to build-fuzz/NAME.log; a crash, a leak, 256 MB at once, or 10 s for one input is an error.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true
names=("$@")
[ ${#names[@]} -gt 0 ] || mapfile -t names < <(cd fuzz && printf '%s\n' fuzz_*.c | sed 's/^fuzz_//; s/\.c$//')
jobs=${JOBS:-$(nproc 2>/dev/null || echo 2)}
cmake -S . --preset fuzz >/dev/null
cmake --build build-fuzz --target fuzz -j "$jobs"

# Harnesses write files: in memory where there is such a folder.
parent=/dev/shm
[ -w $parent ] || parent=/tmp
TMPDIR=$(mktemp -d "$parent/leadwise-fuzz.XXXXXX")
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

# Allocations are most of the time: short traces and a small quarantine take less of it.
export ASAN_OPTIONS=malloc_context_size=2:quarantine_size_mb=8

run_one() { # seconds name
    local found=build-fuzz/found/$2 log=build-fuzz/$2.log code=0
    mkdir -p "$found"
    build-fuzz/fuzz/"fuzz_$2" -max_total_time="$1" -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=256 -close_fd_mask=2 \
        -print_final_stats=1 -dict="fuzz/dictionaries/$2.dict" -artifact_prefix="build-fuzz/$2-" \
        "$found" "fuzz/corpus/$2" >"$log" 2>&1 || code=$?
    awk -v name="$2" '/number_of_executed_units/ {runs = $2} /average_exec_per_sec/ {rate = $2}
        END {printf "%-12s %10d runs, %d/s\n", name, runs, rate}' "$log"
    [ $code -eq 0 ] || { grep -vE '^#[0-9]|^\s+NEW|^"' "$log" | tail -n 60; return 1; }
}
export -f run_one
printf '%s\n' "${names[@]}" | xargs -P "$jobs" -I{} bash -c "run_one $seconds {}"
