#!/usr/bin/env bash
# Run every test program of a build, the shell tests and the source checks; count cmocka's cases one by one.
# A program's output is shown only when it fails. Cases that need real recordings, where there are none, are counted in one
# line, and others that are skipped are named. The last line is "N passed, N failed, N skipped".
# Usage: run_tests.sh BUILD_DIR [NAME...]      NAME: only these, "test_conv"
set -uo pipefail
cd "$(dirname "$0")/.."
build=$(cd "$1" && pwd)
shift
limit_s=${LEADWISE_TEST_LIMIT_S:-300}
logs=$build/test-logs
mkdir -p "$logs"
rm -f "$logs"/*.log
export LEADWISE=$build/leadwise
export OMP_WAIT_POLICY=passive # tests may share their cores

passed=0 failed=0 skipped=0 without_recordings=0
skipped_names=()

# The cases of cmocka's verdict $1 in log $2, without the summary that repeats them.
cases() { awk '/listed below:$/ { s = 1 } /^\[=+\] Running/ { s = 0 } !s' "$2" | sed -nE "s/^\[ +$1 +\] ([A-Za-z_].*)$/\1/p"; }

# name, seconds, exit status, log
tell_cmocka() {
    local name=$1 seconds=$2 status=$3 log=$4 ok bad skip_names absent verdict=ok
    ok=$(cases OK "$log" | wc -l)
    bad=$(cases FAILED "$log" | wc -l)
    mapfile -t skip_names < <(cases SKIPPED "$log")
    # A crash or a sanitizer's report ends the program without a verdict on the case that was running.
    if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    if [ "$ok" -eq 0 ] && [ "$bad" -eq 0 ] && [ ${#skip_names[@]} -eq 0 ]; then bad=1; fi
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + ${#skip_names[@]}))
    # A case prints once that it needs recordings, and is skipped.
    absent=$(grep -c '^needs real recordings: ' "$log")
    without_recordings=$((without_recordings + absent))
    if [ "$absent" -lt ${#skip_names[@]} ]; then
        for skip in "${skip_names[@]}"; do skipped_names+=("$name: $skip"); done
    fi
    [ "$bad" -gt 0 ] && verdict="FAILED (exit $status)"
    printf '%-28s %3d passed %3d failed %3d skipped %5ds  %s\n' "$name" "$ok" "$bad" "${#skip_names[@]}" "$seconds" "$verdict"
    [ "$bad" -gt 0 ] && sed 's/^/    /' "$log"
}

tell_script() {
    local name=$1 seconds=$2 status=$3 log=$4 verdict=ok
    case $status in
    0) passed=$((passed + 1)) ;;
    77) skipped=$((skipped + 1)) verdict=skipped skipped_names+=("$name") ;;
    *) failed=$((failed + 1)) verdict="FAILED (exit $status)" ;;
    esac
    printf '%-28s %47ds  %s\n' "$name" "$seconds" "$verdict"
    [ "$status" -ne 0 ] && [ "$status" -ne 77 ] && sed 's/^/    /' "$log"
}

# kind (cmocka or script), name, command...
run() {
    local kind=$1 name=$2 log=$logs/$2.log start=$SECONDS status
    shift 2
    if [ ${#only[@]} -gt 0 ] && [[ " ${only[*]} " != *" $name "* ]]; then return; fi
    timeout --kill-after=10 "$limit_s" "$@" </dev/null >"$log" 2>&1
    status=$?
    [ "$status" -eq 124 ] && echo "stopped after $limit_s s" >>"$log"
    "tell_$kind" "$name" $((SECONDS - start)) "$status" "$log"
}

only=("$@")
run script layers tools/check_layers.sh
run script style tools/check_style.sh
run script warnings tools/check_warnings.py
run script headers tools/check_headers.sh "$build"
run script abi tools/check_abi.sh "$build"
run script fuzz_targets tools/check_fuzz.sh
for source in tests/test_*.c; do
    name=$(basename "$source" .c)
    run cmocka "$name" "$build/tests/$name"
done
run cmocka test_cli bash tests/cli/run.sh
run script torture tests/torture/torture.py "$build/leadwise" "$build/tests/fail_nth.so"
for harness in fuzz/fuzz_*.c; do
    name=$(basename "$harness" .c)
    [ -e "$harness" ] && run script "$name" "$build/fuzz/$name" "fuzz/corpus/${name#fuzz_}"
done

for name in "${skipped_names[@]}"; do echo "skipped: $name"; done
[ "$without_recordings" -eq 0 ] ||
    echo "skipped: $without_recordings cases need real recordings (LEADWISE_SHARED or ../shared)"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
