#!/usr/bin/env bash
# Power cuts under real file systems: what it needs, then the tests.
set -euo pipefail
cd "$(dirname "$0")/../.."
GO=${GO:-go}

[ "$(id -u)" = 0 ] || { echo "this mounts disks: run it as root" >&2; exit 1; }
[ -c /dev/fuse ] || { echo "missing /dev/fuse: modprobe fuse" >&2; exit 1; }
[ -c /dev/loop-control ] || { echo "missing loop devices: modprobe loop" >&2; exit 1; }
need() { # command, Debian package
	command -v "$1" >/dev/null && return
	echo "installing $2"
	{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2"; } >/dev/null ||
		{ echo "missing $1. Install it first: apt-get install $2" >&2; exit 1; }
}
need losetup mount
need mkfs.ext4 e2fsprogs
need mkfs.xfs xfsprogs
CGO_ENABLED=0 exec $GO test -tags power -run TestPower -count=1 -timeout 20m -v ./store
