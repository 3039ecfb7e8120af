# Completes mapjob in bash.
_mapjob() {
	local line word
	COMPREPLY=()
	while IFS= read -r line; do
		printf -v word %q "${line%%$'\t'*}"
		COMPREPLY+=("$word")
	done < <("$1" __complete bash "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -o nosort -F _mapjob mapjob 2>/dev/null || complete -o default -F _mapjob mapjob # bash before 4.4
