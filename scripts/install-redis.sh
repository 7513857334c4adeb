#!/bin/sh
# Makes redis-server available for the tests of steps that are shared over Redis.
# Does nothing, quietly, when it is there; on Debian it installs the package,
# without the service that the package would otherwise start.
set -eu

found() { command -v redis-server >/dev/null 2>&1; }

fail() {
	echo "install-redis: $1" >&2
	exit 1
}

if found; then
	exit 0
fi

hint="install Redis 6 or later yourself and put redis-server into the PATH"
command -v apt-get >/dev/null 2>&1 || fail "redis-server was not found and this system has no apt-get: $hint"

as_root=
if [ "$(id -u)" -ne 0 ]; then
	sudo -n true 2>/dev/null || fail "redis-server was not found and installing it takes root: run 'sudo apt-get install redis-server', or $hint"
	as_root="sudo -n"
fi

echo "installing Redis"
log=$(mktemp)
policy=/usr/sbin/policy-rc.d
ours=
finish() {
	rm -f "$log"
	[ -z "$ours" ] || $as_root rm -f "$policy"
}
trap finish EXIT
if [ ! -e "$policy" ]; then
	ours=yes
	printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
	$as_root chmod 755 "$policy"
fi
if ! { $as_root apt-get update -q && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends redis-server; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	fail "apt-get did not succeed (see above): mend that, or $hint"
fi
found || fail "the package redis-server brought no program redis-server: $hint"
