#!/bin/sh
# Makes the programs of Postgres 15 or later available: the server, initdb and
# pgbench. Does nothing, quietly, when they are there. Where it looks is where
# Tandem looks. On Debian and Ubuntu it installs the packages, without the
# server that these would otherwise start.
set -eu

min=15

# serves tells whether a directory holds all programs, in a version new enough.
serves() {
	[ -x "$1/postgres" ] && [ -x "$1/initdb" ] && [ -x "$1/pgbench" ] || return 1
	version=$("$1/postgres" --version 2>/dev/null | sed 's/.*(PostgreSQL) \([0-9]*\).*/\1/')
	[ "${version:-0}" -ge "$min" ] 2>/dev/null
}

found() {
	if [ -n "${TANDEM_POSTGRES_BIN:-}" ]; then
		serves "$TANDEM_POSTGRES_BIN"
		return
	fi
	if path=$(command -v postgres); then
		serves "$(dirname "$(readlink -f "$path" 2>/dev/null || echo "$path")")" && return 0
	fi
	for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* /usr/local/pgsql/bin \
		/opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin \
		/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin \
		/Applications/Postgres.app/Contents/Versions/*/bin; do
		serves "$dir" && return 0
	done
	return 1
}

fail() {
	echo "install-postgres: $1" >&2
	exit 1
}

if found; then
	exit 0
fi
if [ -n "${TANDEM_POSTGRES_BIN:-}" ]; then
	fail "TANDEM_POSTGRES_BIN is $TANDEM_POSTGRES_BIN, which does not hold postgres, initdb and pgbench of version $min or later; set it to the directory that does, or unset it"
fi

hint="install Postgres $min or later yourself (macOS: brew install postgresql@18), or name the directory of its programs in TANDEM_POSTGRES_BIN"
command -v apt-get >/dev/null 2>&1 || fail "Postgres $min or later is missing and this system has no apt-get: $hint"

as_root=
if [ "$(id -u)" -ne 0 ]; then
	sudo -n true 2>/dev/null || fail "Postgres $min or later is missing and installing it takes root: run 'sudo apt-get install postgresql', or $hint"
	as_root="sudo -n"
fi

echo "installing Postgres"
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# The settings of the package that would make and start a server, before it
# comes. A file that is there was somebody's choice and stays.
no_cluster() {
	[ -e /etc/postgresql-common/createcluster.conf ] && return 0
	$as_root mkdir -p /etc/postgresql-common
	echo "create_main_cluster = false" | $as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
}

install_packages() {
	$as_root apt-get update -q &&
		$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
			-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}

no_cluster || fail "/etc/postgresql-common/createcluster.conf cannot be written: $hint"
if ! install_packages postgresql >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	fail "apt-get did not succeed (see above): mend that, or $hint"
fi
found || fail "this system's package postgresql is older than $min: add the packages of postgresql.org (https://wiki.postgresql.org/wiki/Apt), or $hint"
