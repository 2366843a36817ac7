# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# store.sh - rrio ls and rrio rm: the folders below the default store. Sourced by rrio, whose die, field, find_recording
# and $store it uses. It deletes only a folder that holds a journal, and never follows a link out of it.

# Folders of the store, newest first, as NUL-terminated names.
store_names() {
	[[ -d $store ]] || return 0
	find "$store" -mindepth 1 -maxdepth 1 -type d -printf '%T@ %f\0' | sort -zrn | cut -zd ' ' -f 2-
}

# One recording's line: what cannot be read is still listed, since it may be what is looked for.
list_line() { # NAME
	local dir=$store/$1 argv=() line
	line=$(date -r "$dir" '+%Y-%m-%d %H:%M' 2>/dev/null || printf '?')
	line+=$'\t'$(du -sh -- "$dir" 2>/dev/null | cut -f 1)
	if (list_field argv argv) 2>/dev/null; then
		list_field argv argv
		line+=$'\t'${argv[*]@Q}
	else
		line+=$'\t(not readable: rrio info '${1@Q}')'
	fi
	printf '%s\t%s\n' "$1" "$line"
}

cmd_ls() {
	[[ $# -eq 0 ]] || die "$USAGE" "ls takes no arguments; see: rrio --help"
	local names name
	mapfile -d '' -t names < <(store_names)
	for name in "${names[@]}"; do
		list_line "$name"
	done | cut -c "1-${COLUMNS:-200}" | expand -t 24,42,50
}

# After a removal the link must not dangle: it goes to the newest that is left, if any.
repair_latest() {
	[[ -L $store/latest && ! -e $store/latest ]] || return 0
	local names
	mapfile -d '' -t names < <(store_names)
	rm -f -- "$store/latest"
	[[ ${#names[@]} -eq 0 ]] || ln -s -- "${names[0]}" "$store/latest"
}

cmd_rm() {
	[[ $# -eq 1 && -n ${1-} ]] || die "$USAGE" "rm takes the one DIR to delete; see: rrio ls"
	find_recording "$1"
	[[ -f $dir/journal ]] || die "$NO_RECORDING" "$dir holds no journal, so it is not rrio's to delete"
	in_use "$dir/journal" && die "$AGAIN" "$dir is in use; try again when its emulator has ended"
	rm -rf --one-file-system -- "$dir"
	repair_latest
}

in_use() { # JOURNAL: a writer holds its lock
	! flock --nonblock --shared "$1" true
}
