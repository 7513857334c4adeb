umask 077
data=$1
shift
( (
	trap '' HUP INT QUIT TERM
	exec >/dev/null 2>&1
	# A line says that Postgres has ended; the end of the pipe that its parent has.
	read -r word <&3 && exit 0
	kill -INT $$ || exit 0
	n=0
	while [ $n -lt 50 ]; do
		kill -0 $$ || exit 0
		sleep 0.1
		n=$((n + 1))
	done
	read -r pid <"$data/postmaster.pid" && [ "$pid" = $$ ] && kill -QUIT $$
) & )
exec 3<&-
exec "$@"
