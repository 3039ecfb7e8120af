package lambdahost

// guardianScript reads which process groups live ("+ ID") and which don't any more
// ("- ID"). Its input ends when the host does, in whatever way, and it kills the
// groups that are left then.
const guardianScript = `
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
