# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# doctor.sh - rrio doctor: says whether an emulator can be recorded. Sourced by rrio. It lets librrio.so itself look
# (its own debug messages, switched off, while the emulator runs a machine with nothing in it), then begins a recording of
# that machine, of which nothing stays, and only formats the answer.

# What no emulator can be recorded with: option and reason.
readonly REFUSED='no -icount|the guest then runs at the speed of the host; add -icount shift=auto
-accel kvm, xen and others|the processor itself runs the guest; rrio needs -accel tcg (the default)
-accel tcg,thread=multi|virtual CPUs run at the same time; leave thread= out
no exported symbols and no patch|nothing to take hold of; distributions export them, scripts/build-patched-qemu patches'

# stderr of the emulator under librrio.so, which says there what it found.
probe() { # EMULATOR MODE
	(
		preload
		RRIO_MODE=$2 RRIO_DIR=/nowhere/rrio RRIO_LOG=hooks:debug exec "$1" -machine none -nodefaults -display none \
			-monitor stdio 2>&1 >/dev/null <<<quit
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

# One line for each way that the block layer does its I/O. tests/qemu/lib.sh reads it too.
engine_table() { # LINES
	printf '\naio=threads   can be recorded\naio=native    can be recorded\n'
	if grep -q '^luring_init optional found' <<<"$1"; then
		printf 'aio=io_uring  can be recorded\n'
	else
		printf 'aio=io_uring  cannot be recorded with this emulator (10.2 and later, and those without it); use aio=native\n'
	fi
	if grep -qE '^(iothread_get_aio_context|aio_context_set_poll_params) optional missing' <<<"$1"; then
		printf 'iothreads     cannot be recorded with this emulator; leave out iothread=\n'
	else
		printf 'iothreads     can be recorded\n'
	fi
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
	local emulator=${1:-qemu-system-x86_64} said lines missing
	need_command doctor "$emulator"
	said=$(probe "$emulator" off) || :
	lines=$(sed -n 's/^rrio: hooks: debug: //p' <<<"$said")
	printf 'emulator: %s\nversion:  %s\nbuild-id: %s\nhook:     %s\n\n' "$(type -P -- "$emulator")" \
		"$(sed -n 's/^emulator //p' <<<"$lines" | head -n 1)" "$(build_id "$(type -P -- "$emulator")" || echo none)" \
		"$(sed -n 's/^hook //p' <<<"$lines" | head -n 1)"
	symbol_table "$lines"
	engine_table "$lines"
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
	# What a recording would be refused for, as one that begins hears it.
	local refusal
	refusal=$(probe "$1" record | sed -nE 's/^rrio: .*(cannot be recorded: .*)/\1/p') || :
	if [[ -n $refusal ]]; then
		printf '%s %s\n' "$1" "$refusal"
		exit "$CANNOT"
	fi
	printf '%s can be recorded: add -icount, for example: rrio record -- %s -icount shift=auto ...\n' "$1" "$1"
}
