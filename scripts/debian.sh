# Sourced by the install scripts: a program that is missing comes from Debian's
# packages. A script says by found what it looks for, and then
#
#     provide NAME HINT PACKAGE...
#
# which does nothing, quietly, when it is there. NAME is what people call it, HINT
# what they can do themselves. prepare runs, with $as_root, before the packages
# come, and settled when the script ends; lacking says what is wrong when they
# have come and it still is not found.
set -eu

fail() {
	echo "$(basename "$0" .sh): $1" >&2
	exit 1
}

prepare() { :; }
settled() { :; }
lacking() { echo "the packages $* brought no $name that is found: mend that"; }

as_root=

packages() {
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
		-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}

provide() {
	name=$1
	hint=$2
	shift 2
	if found; then
		return 0
	fi
	command -v apt-get >/dev/null 2>&1 || fail "$name was not found and this system has no apt-get: $hint"
	if [ "$(id -u)" -ne 0 ]; then
		sudo -n true 2>/dev/null || fail "$name was not found and installing it takes root: run 'sudo apt-get install $*', or $hint"
		as_root="sudo -n"
	fi
	echo "installing $name"
	log=$(mktemp)
	trap 'rm -f "$log"; settled' EXIT
	prepare || fail "this system could not be prepared for $name: $hint"
	# The lists of an earlier call serve as long as they know the packages.
	if ! { packages "$@" || { $as_root apt-get update -q && packages "$@"; }; } >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		fail "apt-get did not succeed (see above): mend that, or $hint"
	fi
	found || fail "$(lacking "$@"), or $hint"
}
