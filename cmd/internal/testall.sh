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
judge /usr/lib/python3/dist-packages/pymodbus python3-pymodbus

echo "the nested module of the printer's stand-in"
(cd printer/iconv && CGO_ENABLED=0 $GO test ./...)
echo "every package, with the race detector"
REQUIRE_BROWSER=1 CGO_ENABLED=1 $GO test -race -shuffle=on -timeout 30m "$@" ./...
echo "the drivers over wires that another machine lends, over which they must not notice a thing"
XINMOI_WIRES=lent CGO_ENABLED=0 $GO test -short ./cmd/internal/port ./printer ./counter ./display/led
XINMOI_WIRES=lent CGO_ENABLED=0 $GO test -short -run Sign ./display
echo "every package once more as it ships, without cgo and race detector (the pages were tested above)"
CGO_ENABLED=0 $GO test -short -timeout 20m ./...
