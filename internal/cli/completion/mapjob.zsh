#compdef mapjob
# Completes mapjob in zsh.
_mapjob() {
	local line
	local -a candidates shown
	while IFS= read -r line; do
		candidates+=("${line%%$'\t'*}")
		shown+=("${line/$'\t'/  -- }")
	done < <("${(Q)words[1]}" __complete zsh "${(@Q)words[2,CURRENT]}" 2>/dev/null)
	if (( $#candidates )); then
		compadd -l -V mapjob -d shown -a candidates
	else
		_files
	fi
}
compdef _mapjob mapjob
