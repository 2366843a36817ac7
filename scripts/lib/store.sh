# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# store.sh - rrio ls, rrio info and rrio rm: the folders below the default store. Sourced by rrio, whose die, field,
# find_recording and $store it uses. It deletes only a folder that holds a journal, and never follows a link out of it.

# Folders of the store, as NUL-terminated names.
store_names() {
	[[ -d $store ]] || return 0
	find "$store" -mindepth 1 -maxdepth 1 -type d ! -name '.*' -printf '%f\0'
}

# A value of the JSON object in $json, which rrio-inspect writes one to a line.
json_value() { # NAME
	sed -nE 's/^  "'"$1"'": "?([^"]*[^",])"?,?$/\1/p' <<<"$json"
}

# A text as JSON has it; what is not UTF-8 loses its other bytes.
json_text() { # TEXT
	local text
	text=$(iconv -c -f UTF-8 -t UTF-8 <<<"$1x" && printf x) || text=$(tr -cd '\n -~' <<<"$1x" && printf x)
	text=${text%x$'\n'x}
	text=${text//\\/\\\\} text=${text//\"/\\\"}
	text=${text//$'\n'/\\n} text=${text//$'\t'/\\t}
	printf '"%s"' "${text//[[:cntrl:]]/?}"
}

# How a recording stands, for people: "recording" while it has a writer, else what rrio-inspect says of its end.
state_of() { # JSON-STATE
	if in_use shared; then
		printf 'recording'
	elif [[ $1 == early ]]; then
		printf 'ends early'
	else
		printf '%s' "${1:-unreadable}"
	fi
}

# One recording: when (nanoseconds, to sort by), name, state, instructions, requests, bytes, separated by tabs; the
# caller reads more of it by name. What cannot be read is still listed: it may be what is looked for.
list_entry() { # NAME
	local dir=$store/$1 json when
	json=$(inspect info -o json "$dir" 2>/dev/null) || :
	when=$(json_value real_ns)
	[[ -n $when ]] || when=$(stat -c %Y -- "$dir")000000000
	printf '%s\t%s\t%s\t%s\t%s\t%s\0' "$when" "${1//[$'\t\n']/?}" "$(state_of "$(json_value state)")" "$(json_value icount)" \
		"$(json_value requests)" "$(du -sb -- "$dir" | cut -f 1)"
}

list_entries() {
	local names name
	mapfile -d '' -t names < <(store_names)
	for name in "${names[@]}"; do
		list_entry "$name"
	done | sort -zrn
}

# The recorded command line as a shell would take it.
command_of() { # NAME
	local dir=$store/$1 argv=()
	if (list_field argv argv) 2>/dev/null; then
		list_field argv argv
		printf '%s' "$(quoted "${argv[@]}")"
	else
		printf '(not readable: rrio info %s)' "$(quoted "$1")"
	fi
}

ls_text() {
	local when name state icount requests bytes
	while IFS=$'\t' read -rd '' when name state icount requests bytes; do
		printf '%s\t%s\t%s\t%s instructions\t%s requests\t%s\t%s\n' "$name" "$(date -d "@${when%?????????}" '+%Y-%m-%d %H:%M')" \
			"${state/whole/}" "${icount:-?}" "${requests:-?}" "$(numfmt --to=iec <<<"$bytes")" "$(command_of "$name")"
	done | cut -c "1-${COLUMNS:-200}" | expand -t 24,42,54,80,98,106
}

ls_json() {
	local when name state icount requests bytes json gap=''
	printf '['
	while IFS=$'\t' read -rd '' when name state icount requests bytes; do
		json=$(inspect info -o json "$store/$name" 2>/dev/null) || :
		printf '%s\n{"name": %s, "path": %s, "when": "%s", "state": "%s", "instructions": %s, "requests": %s, "size": %s' \
			"$gap" "$(json_text "$name")" "$(json_text "$store/$name")" \
			"$(date -u -d "@${when%?????????}.${when: -9}" +%Y-%m-%dT%H:%M:%S.%NZ)" "$state" "${icount:-null}" \
			"${requests:-null}" "$bytes"
		printf ', "command": %s}' "$(command_json)"
		gap=,
	done
	printf '\n]\n'
}

# The list argv of the object in $json, on one line.
command_json() {
	local list
	list=$(sed -nE '/^  "argv": \[/,/\],?$/{ s/^  "argv": //; s/^ +//; s/\],?$/]/; p }' <<<"$json" | tr '\n' ' ')
	printf '%s' "${list:-null}" | sed 's/ $//'
}

output_format() { # COMMAND VALUE
	case $2 in
	text | json) output=$2 ;;
	*) die "$USAGE" "$1: -o takes text or json" ;;
	esac
}

cmd_ls() {
	local output=text
	if [[ ${1-} == -o ]]; then
		output_format ls "${2-}"
		shift 2
	fi
	[[ $# -eq 0 ]] || die "$USAGE" "ls takes no arguments but -o json; see: rrio --help"
	"ls_$output" < <(list_entries)
}

cmd_info() {
	local output=text packed
	if [[ ${1-} == -o ]]; then
		output_format info "${2-}"
		shift 2
	fi
	at_most_one info "$@"
	find_recording "$@"
	[[ -z $packed ]] || unpack_journal
	inspect info -o "$output" "$dir"
}

# After a removal the link must not dangle: it goes to the newest that is left, if any.
repair_latest() {
	[[ -L $store/latest && ! -e $store/latest ]] || return 0
	local newest
	rm -f -- "$store/latest"
	newest=$(list_entries | head -zn 1 | cut -zf 2 | tr -d '\0')
	[[ -z $newest ]] || ln -s -- "$newest" "$store/latest"
}

cmd_rm() {
	local dir packed
	[[ $# -eq 1 && -n ${1-} ]] || die "$USAGE" "rm takes the one DIR to delete; see: rrio ls"
	find_folder rm "$1"
	[[ -f $dir/journal ]] || die "$NO_RECORDING" "$dir holds no journal, so it is not rrio's to delete"
	! in_use exclusive || die "$AGAIN" "$dir is in use; try again when its emulator has ended"
	rm -rf --one-file-system -- "$dir"
	repair_latest
}

# A writer has the lock for itself, replays share it.
in_use() { # shared|exclusive
	[[ -f $dir/journal ]] && ! flock --nonblock "--$1" "$dir/journal" true
}
