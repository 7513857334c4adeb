#!/bin/sh
# Makes python3 available for the test of the example workers. Node is there
# already: page assets need it.
. "$(dirname "$0")/debian.sh"

found() { python3 -c '' >/dev/null 2>&1; }

provide python3 "install Python 3 yourself and put it into the PATH as python3" python3
