#!/usr/bin/env bash
# Checks the browser code: types by tsc, style by Biome. Needs npm; the product
# itself needs neither npm nor node, to build or to run.
set -euo pipefail
cd "$(dirname "$0")/../../assets/web"
if ! command -v npm >/dev/null; then
	echo "no npm here: the browser code was not checked by tsc and Biome" >&2
	exit 0
fi
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
npx --no-install tsc -p jsconfig.json
npx --no-install biome check
