# shellcheck shell=bash disable=SC2154,SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
#
# replay.sh - rrio replay: runs the recorded command line again, in the recorded working directory and environment.
# Sourced by rrio. What differs here is listed before the start (differences.sh), a foreign command line is shown
# instead of run (trust.sh), a packed recording is unpacked first (unpack.sh).

# The replay's environment is the recorded one; of today's it keeps what a terminal or a desktop needs, and what looks
# into a run without changing it.
replay_environment() {
	local variables variable
	list_field variables env
	while read -r variable; do
		case $variable in
		TERM | DISPLAY | XAUTHORITY | WAYLAND_DISPLAY | XDG_RUNTIME_DIR | DBUS_SESSION_BUS_ADDRESS) ;;
		RRIO_DATA | RRIO_ROOT | RRIO_EXTRA) unset "$variable" ;;
		RRIO_* | LD_DEBUG* | LD_PRELOAD | [AUT]*SAN_OPTIONS) ;;
		*) export -n "${variable?}" ;; # ours to the end, but not the emulator's
		esac
	done < <(compgen -e)
	for variable in "${variables[@]}"; do
		[[ $variable == RRIO_* ]] || export "${variable%%=*}=${variable#*=}"
	done
}

# Sets what the recording says of its run: emulator, argv, cwd, and root when its files are in the folder too.
read_run() {
	emulator=$(field emulator) || exit
	cwd=$(field cwd && printf x) || exit
	cwd=${cwd%$'\n'x}
	list_field argv argv
	root=
	[[ ! -d $dir/root ]] || root=$dir/root
}

# Turns this shell into one that can exec "${argv[@]}" and "${extra[@]}" as $emulator, replaying dir. Nothing differs, says
# the caller. What was in a window is not in the recording, so there is none.
prepare_replay() {
	local notes note
	list_field notes uncontrolled
	for note in "${notes[@]}"; do
		[[ $note != window:* ]] || extra+=(-display none)
	done
	cd -- "$root$cwd" || exit
	replay_environment
	export RRIO_MODE=replay RRIO_DIR=$dir
	[[ -z $root ]] || export RRIO_ROOT=$root
	[[ ${#extra[@]} -eq 0 ]] || export RRIO_EXTRA=${#extra[@]}
	preload
}

# Sets dir to a folder that can be replayed, and what it says of its run; --trust in the array options.
ready() { # COMMAND [DIR|FILE]
	local command=$1
	shift
	at_most_one "$command" "$@"
	find_recording "$@"
	[[ -z $packed ]] || unpack "$command"
	read_run
	check_trust "$command"
	check_differences
}

# Where to stop, as RRIO_UNTIL takes it; `taken` is how many words that were.
take_until() { # WORDS...
	taken=1
	case ${1-} in
	request | turn)
		[[ -n ${2-} ]] || die "$USAGE" "replay: --until $1 takes a number"
		taken=2
		RRIO_UNTIL=$1:$2
		;;
	'' | --*) die "$USAGE" "replay: --until takes a place: instructions (1.2G), request 17, turn 5, end" ;;
	*) RRIO_UNTIL=$1 ;;
	esac
	[[ $RRIO_UNTIL =~ ^(end|[0-9]+(\.[0-9]+)?[kKMGT]?i?|(r|t|request:|turn:)[0-9]+)$ ]] || die "$USAGE" \
		"replay: ${RRIO_UNTIL@Q} is no place to stop at; there are: instructions (1.2G), request 17, turn 5, end"
	export RRIO_UNTIL
}

cmd_replay() {
	local emulator argv cwd root trust='' packed taken words=() extra=()
	while [[ $# -gt 0 && $1 != -- ]]; do
		case $1 in
		--trust) trust=yes ;;
		--speed)
			# Our terminal's, since the emulator gets the recorded TERM.
			[[ ${TERM:-dumb} == dumb ]] || export RRIO_SPEED=1
			;;
		--until) take_until "${@:2}" && shift "$taken" ;;
		--until=*) take_until "${1#*=}" ;;
		--gdb=*) export_address RRIO_GDB --gdb "${1#*=}" ;;
		--gdb)
			export RRIO_GDB=1234
			if [[ ${2-} =~ ^[0-9]+$ && ! -e $2 ]]; then
				RRIO_GDB=$2 && shift
			fi
			;;
		--monitor) export_address RRIO_MONITOR --monitor "${2-}" && shift ;;
		--monitor=*) export_address RRIO_MONITOR --monitor "${1#*=}" ;;
		*) words+=("$1") ;;
		esac
		shift
	done
	# Without a place, gdb has the guest before its first instruction; somebody's variable says otherwise.
	[[ -z ${RRIO_GDB-} ]] || export RRIO_UNTIL=${RRIO_UNTIL-0}
	[[ $# -eq 0 ]] || take_extra "${@:2}"
	ready replay "${words[@]}"
	prepare_replay
	exec -a "${argv[0]}" -- "$emulator" "${argv[@]:1}" "${extra[@]}"
}
