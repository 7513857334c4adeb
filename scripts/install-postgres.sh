#!/bin/sh
# Makes the programs of Postgres 15 or later available: the server, initdb and
# pgbench. Where it looks is where Tandem looks. The packages come without the
# server that they would otherwise start.
. "$(dirname "$0")/debian.sh"

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

if [ -n "${TANDEM_POSTGRES_BIN:-}" ] && ! found; then
	fail "TANDEM_POSTGRES_BIN is $TANDEM_POSTGRES_BIN, which does not hold postgres, initdb and pgbench of version $min or later; set it to the directory that does, or unset it"
fi

# The settings of the package that would make and start a server, before it
# comes. A file that is there was somebody's choice and stays.
prepare() {
	[ ! -e /etc/postgresql-common/createcluster.conf ] || return 0
	$as_root mkdir -p /etc/postgresql-common
	echo "create_main_cluster = false" | $as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
}
lacking() { echo "this system's package postgresql is older than $min: add the packages of postgresql.org (https://wiki.postgresql.org/wiki/Apt)"; }

provide "Postgres $min or later" \
	"install Postgres $min or later yourself (macOS: brew install postgresql@18), or name the directory of its programs in TANDEM_POSTGRES_BIN" \
	postgresql
