#!/bin/sh
# Makes Chromium, with fonts, available for the browser tests. Does nothing,
# quietly, when a browser is there. On Debian it installs the packages.
set -eu

found() {
	for name in chromium chromium-browser google-chrome google-chrome-stable; do
		command -v "$name" >/dev/null 2>&1 && return 0
	done
	return 1
}

fail() {
	echo "install-chromium: $1" >&2
	exit 1
}

if found; then
	exit 0
fi

hint="install Chromium or Chrome yourself and put it into the PATH as chromium or google-chrome"
command -v apt-get >/dev/null 2>&1 || fail "no browser was found and this system has no apt-get: $hint"

as_root=
if [ "$(id -u)" -ne 0 ]; then
	sudo -n true 2>/dev/null || fail "no browser was found and installing one takes root: run 'sudo apt-get install chromium', or $hint"
	as_root="sudo -n"
fi

echo "installing Chromium"
log=$(mktemp)
trap 'rm -f "$log"' EXIT

install_packages() {
	$as_root apt-get update -q &&
		$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}

if ! install_packages chromium fonts-liberation fonts-dejavu-core fonts-noto-color-emoji >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	fail "apt-get did not succeed (see above): mend that, or $hint"
fi
found || fail "the package chromium brought no program chromium: $hint"
