#!/usr/bin/env bash
# Runs each fuzz target of the project for a while (default 30s).
set -euo pipefail
cd "$(dirname "$0")/../.."
for dir in $(git grep -l '^func Fuzz' -- '*_test.go' | xargs -n1 dirname | sort -u); do
	for f in $(grep -ho '^func Fuzz[A-Za-z0-9_]*' "$dir"/*_test.go | cut -c6-); do
		echo "$dir $f"
		${GO:-go} test "./$dir" -run '^$' -fuzz "^$f\$" -fuzztime "${1:-30s}"
	done
done
