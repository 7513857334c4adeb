#!/bin/sh
# Fails when the generated Go code of the pages is not what templ makes of them.
set -eu
cd "$(dirname "$0")/.."
before=$(git ls-files -s -o -c --exclude-standard '*_templ.go' | sort; find internal -name '*_templ.go' -exec sha256sum {} + | sort)
go tool templ generate -log-level error
after=$(git ls-files -s -o -c --exclude-standard '*_templ.go' | sort; find internal -name '*_templ.go' -exec sha256sum {} + | sort)
if [ "$before" != "$after" ]; then
	echo "Generated pages were out of date; they are current again: commit them." >&2
	exit 1
fi
