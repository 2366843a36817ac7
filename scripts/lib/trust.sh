# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# trust.sh - a recording is also a command line: one that another user or another machine has made is shown, and run
# only with --trust. Sourced by rrio.
#
# A folder is ours when it and its journal belong to us and the recording names this machine. A packed file could say
# that about itself, so it carries a seal instead: a checksum of its manifest with a key that never leaves the store.

# As the library has it (preload/provenance.c): the machine's own name for itself is confidential.
this_host() {
	local sum=0
	[[ ! -s /etc/machine-id || ! -r /etc/machine-id ]] || read -r sum _ < <(head -c 64 /etc/machine-id | cksum)
	printf '%08x' "$sum"
}

recorded_host() {
	local variables variable
	list_field variables env
	for variable in "${variables[@]}"; do
		[[ $variable != RRIO_HOST=* ]] || printf '%s' "${variable#*=}"
	done
}

# The checksum of a manifest without its seal, with the store's key, which is made at first use.
seal_of() { # stdin
	local sum
	sum=$(sha256sum | cut -d ' ' -f 1)
	if [[ ! -s $store/.key ]]; then
		mkdir -p -- "${store%/*}" && (umask 077 && mkdir -p -- "$store")
		(umask 077 && head -c 32 /dev/urandom | sha256sum >"$store/.key.$$" && mv -n -- "$store/.key.$$" "$store/.key")
		rm -f -- "$store/.key.$$"
	fi
	printf '%s %s' "$(<"$store/.key")" "$sum" | sha256sum | cut -d ' ' -f 1
}

# What would be run, as a shell would take it: the variables that are others here, then the command line.
whole_command() {
	local variables variable name
	printf 'cd %s && env' "$(quoted "$cwd")"
	list_field variables env
	for variable in "${variables[@]}"; do
		name=${variable%%=*}
		if [[ $name != RRIO_* && $variable != "$name=${!name-}" ]]; then
			printf ' %s' "$(quoted "$variable")"
		fi
	done
	printf ' %s' "$(quoted "$emulator" "${argv[@]:1}")"
}

distrust() { # COMMAND WHY RECORDING
	die "$USAGE" "$3 $2; it would run: $(whole_command); if you trust where it is from: rrio $1 --trust $(quoted "$3")"
}

check_trust() { # COMMAND
	local owner
	[[ -z $trust ]] || return 0
	for owner in $(stat -c %u -- "$dir" "$dir/journal" 2>/dev/null); do
		[[ $owner == "$EUID" ]] || distrust "$1" "belongs to another user (uid $owner)" "$dir"
	done
	[[ $(recorded_host) == "$(this_host)" ]] || distrust "$1" "was recorded on another machine" "$dir"
}
