# shellcheck shell=bash disable=SC2154,SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
#
# across.sh - a recording belongs to the emulator's build that made it. Needs Debian trixie's folder: make test-range.

# The short run of the bare guest, recorded by that release's emulator.
record_on() { # RELEASE
	local append=requests=20
	[[ -d $B-range/$1 ]] || fail "Debian $1 is not there; next: make test-range"
	command_line bare pc virtio-blk raw snapshot cache=writeback 1 shift=5,sleep=off
	limited "$RUN_LIMIT" "$root/tests/range/debian" "$1" "$rrio" record -o rec -- qemu-system-x86_64 "${args[@]}" >record.out 2>record.err ||
		fail "recording on $1 has failed: $(tail -n 1 record.err)"
}

test_other_version_refused() {
	record_on trixie
	expect 65 "$rrio" replay rec
	one_line '10\.0\.[0-9]+.*install that one'
	expect 65 "$rrio" verify rec
	one_line '10\.0\.[0-9]+.*install that one'
	expect 65 env RRIO_MODE=replay RRIO_DIR="$PWD/rec" LD_LIBRARY_PATH="$B" LD_PRELOAD=librrio.so qemu-system-x86_64 "${args[@]}"
	one_line 'not the emulator of the recording.*version 10\.0\.'
	expect 0 "$root/tests/range/debian" trixie "$rrio" verify rec
}
