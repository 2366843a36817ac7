# shellcheck shell=bash disable=SC2154,SC2054,SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
#
# refusals.sh - what cannot be recorded is refused at the start: status 69, one line that names the reason, no recording.

# The machine would run for ever if it were not refused.
refused() { # REASON ARGUMENTS...
	local reason=$1
	shift
	expect 69 "$rrio" record -o rec -- qemu-system-x86_64 -nodefaults -display none "$@"
	one_line "$reason"
	[[ ! -e rec/journal ]] || fail 'a refused command line left a recording'
}

test_no_icount() {
	refused icount
}

test_kvm() {
	refused 'kvm' -accel kvm
	refused 'kvm' -enable-kvm
	refused 'kvm' -M pc,accel=kvm
}

# With -icount the emulator itself refuses this.
test_thread_multi() {
	refused 'multi|icount' -accel tcg,thread=multi
}

# A host where the function cannot be replaced; rrio doctor knows it too.
test_code_forbidden() {
	export LD_LIBRARY_PATH=$B LD_PRELOAD=forbid.so FORBID=memory,protect
	refused '/proc/self/mem.*build-patched-qemu' -icount shift=auto
	expect 69 "$rrio" doctor qemu-system-x86_64
	matches out 'cannot be recorded: .*/proc/self/mem.*build-patched-qemu'
}

# One of the two ways is enough.
test_code_by_one_way() {
	local way append=requests=20
	export LD_LIBRARY_PATH=$B LD_PRELOAD=forbid.so
	for way in memory protect; do
		export FORBID=$way
		expect 0 "$rrio" doctor qemu-system-x86_64
		command_line bare pc virtio-blk raw snapshot cache=writeback 1 shift=5,sleep=off
		record "${args[@]}"
		replays 1
		rm -r rec record.*
	done
}
