# shellcheck shell=bash disable=SC2154,SC2054
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

# A host where the function cannot be replaced: no /proc/self/mem.
test_no_memory_file() {
	[[ $(id -u) -eq 0 ]] || skip 'only root can hide /proc'
	# shellcheck disable=SC2016 # for the inner shell
	expect 69 unshare --mount --propagation private -- bash -c 'mount -t tmpfs none /proc && exec "$@"' hide env \
		RRIO_DIR="$PWD/rec" LD_LIBRARY_PATH="$B" LD_PRELOAD=librrio.so \
		qemu-system-x86_64 -nodefaults -display none -icount shift=auto
	one_line '/proc/self/mem.*build-patched-qemu'
	[[ ! -e rec/journal ]] || fail 'a refused command line left a recording'
}
