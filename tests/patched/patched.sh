# shellcheck shell=bash disable=SC2154,SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
#
# patched.sh - an emulator with rrio's hook, and the same one without it. make test-patched builds both.

plain=${B%/*}/build-qemu/plain
patched=${B%/*}/build-qemu/patched

bare_line() { # ICOUNT
	local append=requests=60
	command_line bare pc virtio-blk raw snapshot cache=writeback 1 "$1"
}

# Without librrio.so the hook is inert: the guest says the same, as far as two runs of one emulator say the same.
test_inert() {
	local emulator
	bare_line shift=5,sleep=off
	for emulator in plain patched; do
		expect 0 "${!emulator}/qemu-system-x86_64" "${args[@]}"
		matches serial.log '^bare: done'
		grep -v '[0-9]' serial.log >"$emulator.words" || :
		nm -D "${!emulator}/qemu-system-x86_64" | grep -cE ' [TB] (icount|use_icount|cpu_exit)' >"$emulator.exports" || :
	done
	same plain.words patched.words
	[[ $(<patched.exports) -eq 0 ]] || fail 'it exports what rrio needs, so it proves nothing'
}

# What was built without the hook cannot be recorded, and is told how to get one.
test_plain_refused() {
	bare_line shift=5,sleep=off
	expect 69 "$rrio" record -o rec -- "$plain/qemu-system-x86_64" "${args[@]}"
	one_line 'build-patched-qemu'
}

# Loaded and switched off, the hook asks the emulator's own function.
test_off() {
	bare_line shift=5,sleep=off
	expect 0 env RRIO_MODE=off LD_LIBRARY_PATH="$B" LD_PRELOAD=librrio.so "$patched/qemu-system-x86_64" "${args[@]}"
	matches serial.log '^bare: done'
}

test_doctor() {
	expect 0 "$rrio" doctor "$patched/qemu-system-x86_64"
	matches out '^hook: *patched at source'
	expect 69 "$rrio" doctor "$plain/qemu-system-x86_64"
}
