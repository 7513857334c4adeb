#!/bin/sh
# Makes zsh available for the test of the completion scripts. bash is there
# already: make needs it.
. "$(dirname "$0")/debian.sh"

found() { zsh -fc '' >/dev/null 2>&1; }

provide zsh "install zsh yourself and put it into the PATH" zsh
