#!/bin/sh
# Makes Celery, with its client of Redis, available for the test of the bridge to
# its workers.
. "$(dirname "$0")/debian.sh"

# The python3 of the PATH, or that of the system, which its packages belong to.
found() {
	for python in python3 /usr/bin/python3; do
		(cd / && "$python" -c 'import celery, redis') >/dev/null 2>&1 && return 0
	done
	return 1
}

provide Celery "install Celery 5 with its client of Redis yourself (pip install 'celery[redis]'), so that python3 finds them" python3-celery python3-redis
