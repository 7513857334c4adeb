trap '' HUP INT QUIT TERM
read -r word <&3
n=0
while [ -e "$1/postgres/postmaster.pid" ] && [ $n -lt 150 ]; do
	sleep 0.1
	n=$((n + 1))
done
rm -rf "$1"
