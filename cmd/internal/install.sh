#!/usr/bin/env bash
# Puts binary, systemd unit, user and folders in place on Debian. Run as root
# after "make build"; run again to upgrade. It keeps what is in /etc/xinmoi and
# /var/lib/xinmoi. DESTDIR installs into a folder for packaging, without
# touching users or systemd.
set -euo pipefail
cd "$(dirname "$0")/../.."
PREFIX=${PREFIX:-/usr/local} DESTDIR=${DESTDIR:-}

if [ -z "$DESTDIR" ] && [ "$(id -u)" != 0 ]; then
	echo "make install writes to $PREFIX and /etc: run it as root (sudo make install)" >&2
	exit 1
fi
install -D -m 0755 bin/xinmoi "$DESTDIR$PREFIX/bin/xinmoi"
install -D -m 0644 README.md "$DESTDIR$PREFIX/share/doc/xinmoi/README.md"
install -D -m 0644 LICENSE "$DESTDIR$PREFIX/share/doc/xinmoi/LICENSE"
for licence in assets/web/vendor/LICENSES.md assets/web/fonts/OFL.txt assets/fonts/OFL-*.txt; do
	install -D -m 0644 "$licence" "$DESTDIR$PREFIX/share/doc/xinmoi/$licence"
done
unit=$DESTDIR/etc/systemd/system/xinmoi.service
install -d -m 0755 "$DESTDIR/etc/xinmoi" "$(dirname "$unit")"
for name in xinmoi xinmoi-agent; do # the agent's is not enabled: it is for kiosks and clerks' machines
	sed "s#/usr/local#$PREFIX#g" "cmd/xinmoi/debian/$name.service" > "$(dirname "$unit")/$name.service"
	chmod 0644 "$(dirname "$unit")/$name.service"
done
# A unit may open the kinds of device that the kernel knows when it starts. These
# are known only once a device was plugged in, which may be later.
install -d -m 0755 "$DESTDIR/etc/modules-load.d"
printf '%s\n' usbserial cdc_acm usblp > "$DESTDIR/etc/modules-load.d/xinmoi.conf"
if [ -z "$DESTDIR" ]; then
	getent passwd xinmoi >/dev/null || useradd --system --home-dir /var/lib/xinmoi --shell /usr/sbin/nologin xinmoi
	install -d -m 0700 -o xinmoi -g xinmoi /var/lib/xinmoi
fi
config=$DESTDIR/etc/xinmoi/centre.toml
if [ ! -e "$config" ]; then
	echo "there is no $config yet: make it with  xinmoi init --out $config"
fi
if [ -z "$DESTDIR" ] && [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	if [ -e "$config" ]; then
		systemctl enable --now xinmoi
		systemctl restart xinmoi
		echo "xinmoi runs: systemctl status xinmoi"
	else
		echo "then start it with  systemctl enable --now xinmoi"
	fi
else
	echo "systemd is not running here: the unit lies in $unit"
fi
