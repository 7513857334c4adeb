#!/bin/sh
# Makes static/vendor from the npm packages and static/css. Does nothing when
# nothing has changed. Needs Node 20 and npm; `make` calls it.
set -eu
cd "$(dirname "$0")/.."

if ! command -v npm >/dev/null 2>&1; then
	echo "build-assets: npm is missing; install Node.js 20 or later (on Debian: apt-get install nodejs npm)" >&2
	exit 1
fi

stamp=.cache/assets.sum
outputs="app.css editor.js elements.css elements.js htmx.js icons.svg licenses.txt mermaid.js"

# inputs prints one checksum over all that the assets are made from.
inputs() {
	{
		find internal/views -type f \( -name '*.templ' -o -name '*.go' \) ! -name '*_templ.go' ! -name '*_test.go'
		find static/css static/editor -type f
		echo package-lock.json static/icons.txt scripts/build-assets.sh scripts/build-assets.mjs | tr ' ' '\n'
	} | LC_ALL=C sort | xargs cksum | cksum
}

complete() {
	for output in $outputs; do
		[ -s "static/vendor/$output" ] && [ -s "static/vendor/$output.gz" ] || return 1
	done
}

sum=$(inputs)
if complete && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ]; then
	exit 0
fi

if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
	echo "installing npm packages"
	npm ci --ignore-scripts --loglevel=error
	touch node_modules/.package-lock.json
fi

# Stoplight Elements is taken as it is packed, without the many packages that
# it was built from. build-assets.mjs compares its checksum.
elements=stoplight-elements-9.0.25
mkdir -p static/vendor .cache
if [ ! -s ".cache/$elements.tgz" ]; then
	echo "fetching the reference page of the API"
	npm pack --silent --pack-destination .cache @stoplight/elements@9.0.25 >/dev/null
fi
tar -xzf ".cache/$elements.tgz" -C .cache package/web-components.min.js package/styles.min.css package/LICENSE

echo "building page assets"
node scripts/build-assets.mjs
echo "$sum" >"$stamp"
