#!/usr/bin/env bash
# Run every fuzz target for $1 seconds, starting from fuzz/corpus; new inputs go to build-fuzz, a crash ends it.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
cmake -S . --preset fuzz >/dev/null
cmake --build build-fuzz --target fuzz -j "$(nproc)"
for harness in fuzz/fuzz_*.c; do
    name=$(basename "$harness" .c)
    found=build-fuzz/found/${name#fuzz_}
    mkdir -p "$found"
    echo "== $name"
    build-fuzz/fuzz/"$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="build-fuzz/$name-" "$found" "fuzz/corpus/${name#fuzz_}" 2>&1 |
        grep -E 'ERROR|SUMMARY|number_of_executed|cov:.*DONE|crash' || true
    [ "${PIPESTATUS[0]}" -eq 0 ]
done
