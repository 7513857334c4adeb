#!/bin/sh
# Makes python3 available for the test of the example workers. Node is there
# already: page assets need it. Does nothing, quietly, when python3 is there; on
# Debian it installs the package.
set -eu

found() { python3 -c '' >/dev/null 2>&1; }

fail() {
	echo "install-python: $1" >&2
	exit 1
}

if found; then
	exit 0
fi

hint="install Python 3 yourself and put it into the PATH as python3"
command -v apt-get >/dev/null 2>&1 || fail "python3 was not found and this system has no apt-get: $hint"

as_root=
if [ "$(id -u)" -ne 0 ]; then
	sudo -n true 2>/dev/null || fail "python3 was not found and installing it takes root: run 'sudo apt-get install python3', or $hint"
	as_root="sudo -n"
fi

echo "installing Python"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { $as_root apt-get update -q && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends python3; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	fail "apt-get did not succeed (see above): mend that, or $hint"
fi
found || fail "the package python3 brought no program python3: $hint"
