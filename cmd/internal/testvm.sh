#!/usr/bin/env bash
# The test that boots a virtual machine: Debian's kernel and udev, fetched
# once into the user's cache and not installed, under QEMU without hardware virtualisation.
set -euo pipefail
cd "$(dirname "$0")/../.."
GO=${GO:-go}
if ! command -v qemu-system-x86_64 >/dev/null; then
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		echo "missing qemu-system-x86_64. Install it first: sudo apt-get install qemu-system-x86" >&2
		exit 1
	fi
	echo "installing qemu-system-x86: the test boots a virtual machine"
	apt-get update -qq >/dev/null
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends qemu-system-x86 >/dev/null
fi
echo "building, then booting a virtual machine; 1 to 3 minutes, and 70 MB of kernel the first time"
XINMOI_VM=1 CGO_ENABLED=0 GO="$GO" $GO test -count=1 -timeout 15m -v "$@" ./cmd/internal/vmtest
