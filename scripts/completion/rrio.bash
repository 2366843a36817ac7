# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# rrio.bash - completion for bash: subcommands, their options, the store's recordings, folders and packed files.

_rrio() {
	local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]-} words='' store
	store=${XDG_DATA_HOME:-$HOME/.local/share}/rrio
	COMPREPLY=()
	if [[ $COMP_CWORD -eq 1 ]]; then
		words='record replay verify ls info pack rm doctor --help --version'
	elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == --data ]]; then
		words='digest full none'
	elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == --until ]]; then
		words='end request turn'
	elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == -o && $command == @(ls|info) ]]; then
		words='json text'
	else
		case $command in
		record) words="-o --data -- $(compgen -c qemu-system-)" ;;
		replay) words='--trust --until --gdb --monitor --speed --' ;;
		verify) words='--trust -n' ;;
		ls) words=-o ;;
		info | pack) words=-o ;;
		doctor) words=$(compgen -c qemu-system-) ;;
		esac
		if [[ $command == @(replay|verify|info|pack|rm) ]]; then
			[[ ! -d $store ]] || words+=" latest $(find "$store" -mindepth 1 -maxdepth 1 -type d ! -name '.*' -printf '%f ')"
			mapfile -t COMPREPLY < <(compgen -f -- "$word")
		fi
	fi
	mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -o filenames -F _rrio rrio
