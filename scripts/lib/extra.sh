# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# extra.sh - the options that may stand behind `rrio replay --`: those that look at a run and do not touch the guest.
# Sourced by rrio. Anything else is refused by name.
#
# The value is a word, a path (meant from where rrio was started: the replay runs in the recorded directory), a plugin
# or a trace option, which begin with a path or hold some, or none.

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
daemonize|none|puts the emulator into the background'

# Served by the main loop whenever a host descriptor is ready, which a replay does not look at yet.
readonly NOT_YET=' chardev gdb incoming mon monitor qmp qmp-pretty s S vnc spice '

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
	[[ $NOT_YET != *" $name "* ]] || die "$USAGE" \
		"replay: $1 is not there yet: a replay does not serve what connects to it; it takes $(extra_names)"
	die "$USAGE" "replay: $1 could change the guest, so that it would not be the recorded run; it takes $(extra_names)"
}

extra_names() {
	cut -d '|' -f 1 <<<"$EXTRAS" | sed 's/^/-/' | paste -sd ' '
}

# Fills the array extra.
take_extra() { # WORDS...
	local name kind
	while [[ $# -gt 0 ]]; do
		name=${1#-} name=${name#-}
		kind=
		[[ $1 != -?* || $name == *'|'* ]] || kind=$(grep -F -- "$name|" <<<"$EXTRAS" | grep -m 1 "^$name|" | cut -d '|' -f 2 || :)
		[[ -n $kind ]] || refuse_extra "$1"
		[[ $kind != name || ${2-} == debug-threads=on ]] || die "$USAGE" "replay: of $1 it takes debug-threads=on alone"
		extra+=("$1")
		shift
		[[ $kind != none ]] || continue
		[[ -n ${1-} ]] || die "$USAGE" "replay: -$name takes a value"
		extra+=("$(converted "$kind" "$1")")
		shift
	done
}
