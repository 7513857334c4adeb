#!/bin/sh
# Makes Chromium, with fonts, available for the browser tests.
. "$(dirname "$0")/debian.sh"

found() {
	for program in chromium chromium-browser google-chrome google-chrome-stable; do
		command -v "$program" >/dev/null 2>&1 && return 0
	done
	return 1
}

provide Chromium "install Chromium or Chrome yourself and put it into the PATH as chromium or google-chrome" \
	chromium fonts-liberation fonts-dejavu-core fonts-noto-color-emoji
