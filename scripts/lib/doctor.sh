# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# doctor.sh - rrio doctor: says whether an emulator can be recorded. Sourced by rrio. It lets librrio.so itself look
# (switched off, with its own debug messages, while the emulator prints its version) and only formats the answer.

# What no emulator can be recorded with: option and reason.
readonly REFUSED='no -icount|the guest then runs at the speed of the host; add -icount shift=auto
-accel kvm, xen and others|the processor itself runs the guest; rrio needs -accel tcg (the default)
-accel tcg,thread=multi|virtual CPUs run at the same time; leave thread= out
an emulator without exported symbols|nothing to take hold of; distributions export them'

# How disks may be attached, by the emulator's version.
engine_table() { # VERSION
	local major=${1%%.*} rest=${1#*.}
	printf '\nengines and loops:\n'
	printf '  %-38s %s\n' 'aio=threads, aio=native' yes
	if [[ $major -gt 10 || ($major -eq 10 && ${rest%%.*} -ge 2) ]]; then
		printf '  %-38s %s\n' aio=io_uring 'no: from 10.2 on the loops run on it and fall back; use aio=threads or native'
	else
		printf '  %-38s %s\n' aio=io_uring yes
	fi
	printf '  %-38s %s\n' '-object iothread' 'yes, where the optional functions above are found'
}

# stderr of the emulator under librrio.so, which says there what it found.
probe() { # EMULATOR
	(
		preload
		RRIO_MODE=off RRIO_LOG=hooks:debug exec "$1" -version 2>&1 >/dev/null </dev/null
	)
}

# NAME required|optional found|missing … lines as a table; the word after "missing" may say why.
symbol_table() { # LINES
	printf '%-40s %-10s %s\n' function needed here
	sed -nE 's/^([A-Za-z_][A-Za-z0-9_]*) (required|optional) (found|missing.*)$/\1|\2|\3/p' <<<"$1" |
		while IFS='|' read -r name needed here; do
			printf '%-40s %-10s %s\n' "$name" "$needed" "$here"
		done
}

refusal_table() {
	printf '\nrefused with every emulator:\n'
	local option reason
	while IFS='|' read -r option reason; do
		printf '  %-38s %s\n' "$option" "$reason"
	done <<<"$REFUSED"
}

cmd_doctor() { # [EMULATOR]
	[[ $# -le 1 ]] || die "$USAGE" "doctor takes one EMULATOR; see: rrio --help"
	local emulator=${1:-qemu-system-x86_64} said lines missing version
	need_command doctor "$emulator"
	said=$(probe "$emulator") || :
	lines=$(sed -n 's/^rrio: hooks: debug: //p' <<<"$said")
	version=$(sed -n 's/^emulator //p' <<<"$lines" | head -n 1)
	printf 'emulator: %s\nversion:  %s\n\n' "$(type -P -- "$emulator")" "$version"
	symbol_table "$lines"
	[[ ! $version =~ ^[0-9]+\.[0-9]+ ]] || engine_table "${BASH_REMATCH[0]}"
	refusal_table
	missing=$(grep -cE '^[A-Za-z_][A-Za-z0-9_]* required missing' <<<"$lines" || :)
	verdict "$emulator" "$lines" "$missing" "$said"
}

verdict() { # EMULATOR LINES MISSING SAID
	printf '\n'
	if ! grep -qE ' required (found|missing)' <<<"$2"; then
		printf '%s cannot be recorded: it exports no functions of an emulator' "$1"
		printf '%s\n' "$(grep -m 1 -E '^(rrio: |ERROR: ld\.so)' <<<"$4" | sed 's/^/; /' || :)"
		exit "$CANNOT"
	elif [[ $3 -ne 0 ]]; then
		printf '%s cannot be recorded: %d needed functions are missing (above)\n' "$1" "$3"
		exit "$CANNOT"
	fi
	printf '%s can be recorded: add -icount, for example: rrio record -- %s -icount shift=auto ...\n' "$1" "$1"
}
