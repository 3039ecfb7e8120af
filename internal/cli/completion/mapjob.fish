# Completes mapjob in fish.
function __mapjob_words
	set -l before (commandline -opc)
	set -l current (commandline -ct)
	$before[1] __complete fish $before[2..-1] "$current" 2>/dev/null
end
function __mapjob_knows
	test (count (__mapjob_words)) -gt 0
end
complete -c mapjob -n __mapjob_knows -f -a '(__mapjob_words)'
complete -c mapjob -n 'not __mapjob_knows' -F
