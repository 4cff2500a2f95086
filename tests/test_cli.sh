#!/usr/bin/env bash
# The program's shell tests, for tools/run_tests.sh.
exec bash "$(dirname "$0")/cli/run.sh" "$@"
