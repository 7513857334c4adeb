#!/bin/sh
# Rebuilds and restarts Tandem whenever a source changes. Looks once a second.
set -eu
cd "$(dirname "$0")/.."
pid=
stop() { [ -z "$pid" ] || { kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; } || true; }
trap 'stop; exit 0' INT TERM
state() { find cmd internal static definitions migrations ./*.go \( -name '*.go' -o -name '*.templ' -o -name '*.css' -o -name '*.js' -o -name '*.yaml' -o -name '*.sql' \) ! -name '*_templ.go' -exec stat -c '%n %Y' {} + | sha256sum; }
last=
while :; do
	now=$(state)
	if [ "$now" != "$last" ]; then
		last=$now
		if go tool templ generate -log-level error && scripts/build-assets.sh && go build -o bin/tandem ./cmd/web; then
			stop
			TANDEM_DATA_DIR="${TANDEM_DATA_DIR:-$PWD/var/data}" ./bin/tandem serve --demo &
			pid=$!
		fi
	fi
	sleep 1
done
