//go:build linux || darwin

package group

// script reads the leaders of groups that have started ("+ ID") and ended
// ("- ID"). Its input ends when the parent process does, for whatever reason. Then
// it kills the remaining groups.
const script = `
trap '' HUP INT QUIT TERM
live=
while read -r change group; do
	case $change in
	+) live="$live $group" ;;
	-)
		rest=
		for one in $live; do
			[ "$one" = "$group" ] || rest="$rest $one"
		done
		live=$rest
		;;
	esac
done
for one in $live; do
	kill -s KILL -- "-$one" 2>/dev/null
done
exit 0
`
