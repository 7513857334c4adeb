#!/bin/sh
# Makes zsh available for the test of the completion scripts. bash is there
# already: make needs it. Does nothing, quietly, when zsh is there; on Debian it
# installs the package.
set -eu

found() { zsh -fc '' >/dev/null 2>&1; }

fail() {
	echo "install-zsh: $1" >&2
	exit 1
}

if found; then
	exit 0
fi

hint="install zsh yourself and put it into the PATH"
command -v apt-get >/dev/null 2>&1 || fail "zsh was not found and this system has no apt-get: $hint"

as_root=
if [ "$(id -u)" -ne 0 ]; then
	sudo -n true 2>/dev/null || fail "zsh was not found and installing it takes root: run 'sudo apt-get install zsh', or $hint"
	as_root="sudo -n"
fi

echo "installing zsh"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { $as_root apt-get update -q && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends zsh; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	fail "apt-get did not succeed (see above): mend that, or $hint"
fi
found || fail "the package zsh brought no program zsh: $hint"
