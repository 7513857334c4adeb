#!/bin/sh
# Makes redis-server available for the tests of steps that are shared over Redis,
# without the service that the package would otherwise start.
. "$(dirname "$0")/debian.sh"

found() { command -v redis-server >/dev/null 2>&1; }

policy=/usr/sbin/policy-rc.d
ours=
prepare() {
	[ ! -e "$policy" ] || return 0
	ours=yes
	printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
	$as_root chmod 755 "$policy"
}
settled() { [ -z "$ours" ] || $as_root rm -f "$policy"; }

provide Redis "install Redis 6 or later yourself and put redis-server into the PATH" redis-server
