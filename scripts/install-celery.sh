#!/bin/sh
# Makes Celery available for the test of the bridge to its workers. Does nothing,
# quietly, when a python3 knows it with its client of Redis; on Debian it installs
# the packages.
set -eu

# The python3 of the PATH, or that of the system, which its packages belong to.
found() {
	for python in python3 /usr/bin/python3; do
		(cd / && "$python" -c 'import celery, redis') >/dev/null 2>&1 && return 0
	done
	return 1
}

fail() {
	echo "install-celery: $1" >&2
	exit 1
}

if found; then
	exit 0
fi

hint="install Celery 5 with its client of Redis yourself (pip install 'celery[redis]'), so that python3 finds them"
command -v apt-get >/dev/null 2>&1 || fail "Celery was not found and this system has no apt-get: $hint"

as_root=
if [ "$(id -u)" -ne 0 ]; then
	sudo -n true 2>/dev/null || fail "Celery was not found and installing it takes root: run 'sudo apt-get install python3-celery python3-redis', or $hint"
	as_root="sudo -n"
fi

echo "installing Celery"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { $as_root apt-get update -q && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends python3-celery python3-redis; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	fail "apt-get did not succeed (see above): mend that, or $hint"
fi
found || fail "the packages python3-celery and python3-redis brought a Celery that no python3 finds: $hint"
