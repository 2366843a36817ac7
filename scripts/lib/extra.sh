# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# extra.sh - the options that may stand behind `rrio replay --`: those that look at a run and do not touch the guest.
# Sourced by rrio. Anything else is refused by name.
#
# The value is a word, a path (meant from where rrio was started: the replay runs in the recorded directory), a plugin
# or a trace option, which begin with a path or hold some, or none. What is live is not the emulator's: the library serves
# it, outside the recording.

# option|value|why it is harmless
readonly EXTRAS='d|word|writes a log of what the guest executes
D|path|names the file for that log
dfilter|word|restricts that log
msg|word|changes the form of messages
name|name|debug-threads=on alone: names the threads for a debugger
pidfile|path|writes the process number to a file
plugin|plugin|observes instructions; QEMU gives plugins no way to change the guest
trace|trace|writes trace events
sandbox|word|takes system calls from the emulator that a replay does not make
runas|word|takes privileges from the emulator once it has opened its files
daemonize|none|puts the emulator into the background
gdb|live|gdb looks at the guest
s|live|the same, at port 1234
S|live|the guest is held before its first instruction
qmp|live|a monitor that refuses what would change the guest
qmp-pretty|live|the same
monitor|live|the same, for people'

absolute() { # PATH
	realpath -ms -- "$1"
}

# The paths in KEY=VALUE,KEY=VALUE… made absolute; a first word without a key counts as the first of KEYS.
absolute_in() { # VALUE KEY...
	local part keys=" ${*:2} " parts=() out=() first=$2
	IFS=, read -ra parts <<<"$1"
	for part in "${parts[@]}"; do
		if [[ ${#out[@]} -eq 0 && $part != *=* && $first != - ]]; then
			part=$first=$part
		fi
		[[ $part != ?*=?* || $keys != *" ${part%%=*} "* ]] || part=${part%%=*}=$(absolute "${part#*=}")
		out+=("$part")
	done
	(IFS=, && printf '%s' "${out[*]}")
}

# A value with ",," (a comma in a path) is passed on as it is.
converted() { # KIND VALUE
	case $1:$2 in
	path:*) absolute "$2" ;;
	plugin:*,,* | trace:*,,*) printf '%s' "$2" ;;
	plugin:*) absolute_in "$2" file ;;
	trace:*) absolute_in "$2" - file events ;;
	*) printf '%s' "$2" ;;
	esac
}

refuse_extra() { # WORD
	local name=${1#-}
	name=${name#-}
	[[ $1 == -* ]] || die "$USAGE" "replay: ${1@Q} is no option; behind -- there are options of the emulator alone"
	die "$USAGE" "replay: $1 could change the guest, so that it would not be the recorded run; it takes $(extra_names)"
}

extra_names() {
	cut -d '|' -f 1 <<<"$EXTRAS" | sed 's/^/-/' | paste -sd ' '
}

# An address as the library takes it: PORT, tcp:HOST:PORT or unix:PATH, without QEMU's options, which say what is so anyhow.
live_address() { # OPTION VALUE
	local address=${2%%,*} option options
	IFS=, read -ra options <<<"${2:${#address}}"
	for option in "${options[@]}"; do
		case $option in
		'' | server | server=on | wait=off | nowait | nodelay | nodelay=on) ;;
		*) die "$USAGE" "replay: $1 $2: it listens and does not wait, so $option cannot be" ;;
		esac
	done
	address=${address#telnet:}
	case $address in
	unix:?*) printf 'unix:%s' "$(absolute "${address#unix:}")" ;;
	tcp:*:[0-9]* | *:[0-9]*) printf 'tcp:%s' "${address#tcp:}" ;;
	[0-9]*) printf '%s' "$address" ;;
	*) die "$USAGE" "replay: $1 takes tcp:HOST:PORT or unix:PATH, not ${2@Q}" ;;
	esac
}

# Sets the variable; a command substitution's failure would be lost in an export.
export_address() { # VARIABLE OPTION VALUE
	local address
	address=$(live_address "$2" "$3") || exit
	export "$1=$address"
}

take_live() { # NAME [VALUE]; sets taken, and held
	taken=2
	case $1 in
	s) taken=1 && export RRIO_GDB=1234 ;;
	S) taken=1 held=yes && export RRIO_UNTIL=${RRIO_UNTIL-0} ;;
	*) [[ -n ${2-} ]] || die "$USAGE" "replay: -$1 takes a value" ;;&
	gdb) export_address RRIO_GDB -gdb "$2" ;;
	qmp | qmp-pretty) export_address RRIO_QMP "-$1" "$2" ;;
	monitor) export_address RRIO_MONITOR -monitor "$2" ;;
	esac
}

# Fills the array extra; what is live becomes variables of the library's.
take_extra() { # WORDS...
	local name kind taken held=
	while [[ $# -gt 0 ]]; do
		name=${1#-} name=${name#-}
		kind=
		[[ $1 != -?* || $name == *'|'* ]] || kind=$(grep -F -- "$name|" <<<"$EXTRAS" | grep -m 1 "^$name|" | cut -d '|' -f 2 || :)
		[[ -n $kind ]] || refuse_extra "$1"
		[[ $kind != name || ${2-} == debug-threads=on ]] || die "$USAGE" "replay: of $1 it takes debug-threads=on alone"
		if [[ $kind == live ]]; then
			take_live "$name" "${@:2:1}" && shift "$taken"
			continue
		fi
		extra+=("$1")
		shift
		[[ $kind != none ]] || continue
		[[ -n ${1-} ]] || die "$USAGE" "replay: -$name takes a value"
		extra+=("$(converted "$kind" "$1")")
		shift
	done
	[[ -z $held || -n ${RRIO_GDB-}${RRIO_MONITOR-}${RRIO_QMP-} ]] || die "$USAGE" \
		"replay: -S holds the guest for somebody who lets it go on; add -gdb, -monitor or -qmp"
}
