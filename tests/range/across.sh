# shellcheck shell=bash disable=SC2154,SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
#
# across.sh - a recording belongs to the emulator's build that made it; and what other versions alone do. Needs Debian
# trixie's folder: make test-range.

# Recorded by that release's emulator, with the arguments in args.
record_on() { # RELEASE
	[[ -d $B-range/$1 ]] || fail "Debian $1 is not there; next: make test-range"
	limited "$RUN_LIMIT" "$root/tests/range/debian" "$1" "$rrio" record -o rec -- qemu-system-x86_64 "${args[@]}" >record.out 2>record.err ||
		fail "recording on $1 has failed: $(tail -n 1 record.err)"
}

test_other_version_refused() {
	local append=requests=20
	command_line bare pc virtio-blk raw snapshot cache=writeback 1 shift=5,sleep=off
	record_on trixie
	expect 65 "$rrio" replay rec
	one_line '10\.0\.[0-9]+.*install that one'
	expect 65 "$rrio" verify rec
	one_line '10\.0\.[0-9]+.*install that one'
	expect 65 env RRIO_MODE=replay RRIO_DIR="$PWD/rec" LD_LIBRARY_PATH="$B" LD_PRELOAD=librrio.so qemu-system-x86_64 "${args[@]}"
	one_line 'not the emulator of the recording.*version 10\.0\.'
	expect 0 "$root/tests/range/debian" trixie "$rrio" verify rec
}

# QEMU 10 reads a disk's first sector into a buffer on its stack. Once in 32 places this lies so that O_DIRECT takes it;
# then the engine is made at the start, else by the guest's first request. The length of the environment moves the stack.
test_stack_anywhere() {
	local append=requests=5 aio pad
	for aio in native io_uring; do
		command_line bare pc ide raw snapshot "cache=none,aio=$aio" 1 shift=5,sleep=off
		record_on trixie
		for ((pad = 0; pad < 33; pad++)); do
			expect 0 "$root/tests/range/debian" trixie setarch -R env PAD="$(printf '%0*d' $((pad * 16)) 0)" \
				RRIO_MODE=replay RRIO_DIR="$PWD/rec" LD_LIBRARY_PATH="$B" LD_PRELOAD=librrio.so qemu-system-x86_64 "${args[@]}"
		done
		rm -rf rec
	done
}
