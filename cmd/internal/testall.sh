#!/usr/bin/env bash
# All tests of a fresh machine: what they need first, then the tests with the
# race detector, then once without cgo as the program ships. Long work says
# what it is doing.
set -euo pipefail
cd "$(dirname "$0")/../.."
GO=${GO:-go}

install() { # Debian package, why
	[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
	echo "installing $1: $2"
	[ -n "${updated:-}" ] || { apt-get update -qq >/dev/null; updated=1; }
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >/dev/null
}
need() { # command, Debian package, why
	command -v "$1" >/dev/null || install "$2" "$3" || {
		echo "missing $1 ($3). Install it first: sudo apt-get install $2" >&2
		exit 1
	}
}
judge() { # file of the package, Debian package: programs of other makers; without them their tests are skipped
	[ -e "$1" ] || install "$2" "judges our frames" || echo "without $2 its tests are skipped" >&2
}
need chromium chromium "the pages are tested in a real browser"
need gcc gcc "the race detector wants a C compiler"
need zbarimg zbar-tools "reads the QR code back from the printed ticket"
judge /usr/bin/mbpoll mbpoll
judge /usr/bin/aplay alsa-utils
judge /usr/share/alsa/alsa.conf libasound2-data
judge /usr/bin/ffmpeg ffmpeg
judge /usr/lib/python3/dist-packages/pymodbus python3-pymodbus
judge /usr/lib/python3/dist-packages/serial_asyncio python3-serial-asyncio
judge /usr/share/tesseract-ocr/5/tessdata/vie.traineddata tesseract-ocr-vie
judge /usr/bin/tesseract tesseract-ocr
judge /usr/bin/node nodejs
judge /usr/bin/npm npm
# Two judges of the printer come from npm, pinned, into a folder outside the tree.
XINMOI_JUDGES=${XINMOI_JUDGES:-${XDG_CACHE_HOME:-$HOME/.cache}/xinmoi-judges}
export XINMOI_JUDGES
if command -v npm >/dev/null && ! [ -e "$XINMOI_JUDGES/node_modules/npos/package.json" -a -e "$XINMOI_JUDGES/node_modules/receiptio/package.json" ]; then
	echo "fetching receiptio and npos: they judge the printer's bytes"
	npm install --prefix "$XINMOI_JUDGES" --ignore-scripts --omit=optional --no-audit --no-fund --loglevel=error \
		receiptio@2.1.2 npos@0.1.19 >/dev/null || echo "without receiptio and npos their tests are skipped" >&2
fi

echo "the nested module of the printer's stand-in"
(cd printer/iconv && CGO_ENABLED=0 $GO test ./...)
echo "every package, with the race detector"
REQUIRE_BROWSER=1 CGO_ENABLED=1 $GO test -race -shuffle=on -timeout 30m "$@" ./...
echo "the drivers over wires that another machine lends, over which they must not notice a thing"
XINMOI_WIRES=lent CGO_ENABLED=0 $GO test -short ./cmd/internal/port ./printer ./counter ./display/led
XINMOI_WIRES=lent CGO_ENABLED=0 $GO test -short -run Sign ./display
echo "every package once more as it ships, without cgo and race detector (the pages were tested above)"
CGO_ENABLED=0 $GO test -short -timeout 20m ./...
