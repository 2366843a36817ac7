# shellcheck shell=bash disable=SC2154,SC2054,SC2001
# SPDX-License-Identifier: GPL-2.0-or-later
#
# recordings.sh - what a replay does with recordings, images and emulators that are not what they were, and what the
# launcher's other commands do with a real recording. All with the bare guest.

bare_args() {
	command_line bare pc virtio-blk raw writable cache=writeback 1 shift=5,sleep=off
}

bare_recording() {
	bare_args
	record "${args[@]}"
	restore_images
}

test_missing() {
	expect 65 "$rrio" replay ./nothing
	one_line nothing
	bare_args
	expect 65 env RRIO_MODE=replay RRIO_DIR="$PWD/nothing" LD_LIBRARY_PATH="$B" LD_PRELOAD=librrio.so qemu-system-x86_64 "${args[@]}"
	one_line nothing
}

test_foreign() {
	bare_recording
	printf 'not a journal at all\n' >rec/journal
	expect 65 "$rrio" replay rec
	one_line rec
	expect 65 env RRIO_MODE=replay RRIO_DIR="$PWD/rec" LD_LIBRARY_PATH="$B" LD_PRELOAD=librrio.so qemu-system-x86_64 "${args[@]}"
	one_line rec
}

# In the first sector that the guest of the recording reads, two bytes: `changed` is where.
change_what_is_read_first() {
	local sector
	sector=$(sed -nE 's/^[0-9]+ read ([0-9]+)\+.*/\1/p' record.serial.log | head -n 1)
	[[ -n $sector ]] || fail 'the guest does not say what it read first'
	changed=$((sector * 512 + 9))
	printf '\377\377' | dd of=disk.raw bs=1 seek="$changed" conv=notrunc status=none
}

# Where the guest reads what the image no longer holds, the replay stops, not before and not later: so what it does not
# read may differ, and so may the image's size.
test_changed_image() {
	local changed ticket
	bare_recording
	printf X | dd of=disk.raw bs=1 seek=512 conv=notrunc status=none
	truncate -s +512 disk.raw
	expect 0 "$rrio" replay rec
	same record.serial.log serial.log
	restore_images
	change_what_is_read_first
	expect 1 "$rrio" replay rec
	matches err "^rrio: diverged at guest instruction [0-9]+.*request [0-9]+ \(read of $PWD/disk\.raw, offset [0-9]+.*checksum.*has been changed"
	ticket=$(sed -nE 's/^rrio: .*request ([0-9]+) \(.*/\1/p' err)
	[[ $(first_read_of "$changed") -eq $ticket ]] || fail "request $ticket is not the first that reads it"
	truncate -s 4096 disk.raw
	expect 1 "$rrio" replay rec
	matches err '^rrio: .*disk\.raw.*has been changed'
}

# The ticket of the first request in the recording that reads that byte.
first_read_of() { # BYTE
	"$B/rrio-inspect" dump rec |
		awk -v byte="$1" '$4 == "read" && $6 <= byte && byte < $6 + $7 && !found++ { print $1 }'
}

# An emulator of the case's own, recorded with; then with other bytes behind it, then with another build-id, then gone.
test_changed_emulator() {
	local id modules
	cp "$(type -P qemu-system-x86_64)" emulator
	modules=$(find /usr/lib -name accel-tcg-x86_64.so -printf '%h\n' -quit)
	export QEMU_MODULE_DIR=$modules # it looks for them beside itself otherwise; the recording holds this
	bare_args
	expect 0 "$rrio" record -o rec -- ./emulator -L /usr/share/seabios -L /usr/share/qemu "${args[@]}"
	restore_images
	unset QEMU_MODULE_DIR
	expect 0 "$rrio" replay rec
	printf X >>emulator
	expect 65 "$rrio" replay rec
	one_line 'bytes'
	truncate -s -1 emulator
	id=$("$B/rrio-inspect" info --field build_id rec | tr -d '\0')
	[[ ${#id} -eq 40 ]] || fail "build-id is $id"
	patch_bytes emulator "$(LC_ALL=C grep -obUaP -m 1 "$(sed 's/../\\x&/g' <<<"$id")" emulator | head -n 1 | cut -d : -f 1)"
	expect 65 "$rrio" replay rec
	one_line "build-id.*$id"
	rm emulator
	expect 65 "$rrio" replay rec
	one_line "$PWD/emulator"
}

patch_bytes() { # FILE OFFSET
	[[ -n $2 ]] || fail "no place to patch in $1"
	printf '\xde\xad\xbe\xef' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

test_working_directory_gone() {
	local folder="it's a \"folder\""
	mkdir "$folder"
	(
		cd "$folder" || exit
		bare_recording
		replays 1
		mv rec ..
	)
	mv "$folder" elsewhere
	expect 65 "$rrio" replay rec
	one_line "$folder"
}

# A replay that does something else must be found out: here the guest is told to make other requests.
test_divergence() {
	bare_recording
	# shellcheck disable=SC2034 # command_line takes it
	local append=requests=150
	bare_args
	expect 1 env RRIO_MODE=replay RRIO_DIR="$PWD/rec" LD_LIBRARY_PATH="$B" LD_PRELOAD=librrio.so qemu-system-x86_64 "${args[@]}"
	matches err '^rrio: diverged at guest instruction .* \[diverged-'
	# The report names the same, with the threads that there were; a second one takes its place.
	matches rec/divergence.json '"id": "diverged-'
	matches rec/divergence.json '"role": "vcpu"'
	matches rec/divergence.json '"qemu_main_loop\+0x'
	matches rec/divergence.json 'EIP=|RIP='
	touch -d '2001-01-01' rec/divergence.json
	expect 1 env RRIO_MODE=replay RRIO_DIR="$PWD/rec" LD_LIBRARY_PATH="$B" LD_PRELOAD=librrio.so qemu-system-x86_64 "${args[@]}"
	[[ rec/divergence.json -nt rec/journal ]] || fail 'the second divergence left no report'
}

# Digests at turns: recorded, compared, and asked for where there are none.
test_checks() {
	command_line bare pc virtio-blk raw snapshot cache=writeback 2 shift=5,sleep=off
	RRIO_CHECK=registers,memory:5 record "${args[@]}"
	replays 1
	RRIO_CHECK=registers replays 1
	rm -rf rec
	record "${args[@]}"
	expect 2 env RRIO_CHECK=memory "$rrio" replay rec
	one_line 'no digests of memory'
}

test_verify() {
	command_line bare pc virtio-blk raw snapshot cache=writeback 1 shift=5,sleep=off
	record "${args[@]}"
	expect 0 "$rrio" verify -n 3 rec
	matches out '^identical.* 3 of 3'
}

# A changed image is found where the guest first reads what is changed, by verify as well.
test_verify_differs() {
	local changed
	bare_args
	"$B/guests/bare/mkimage" 48 >disk.raw.orig
	record "${args[@]}"
	restore_images
	change_what_is_read_first
	expect 1 "$rrio" verify rec
	matches out '^differs: .*replay 1 of 1'
}

test_unknown_variable() {
	bare_args
	expect 2 env RRIO_FOO=1 LD_LIBRARY_PATH="$B" LD_PRELOAD=librrio.so qemu-system-x86_64 "${args[@]}"
	one_line RRIO_FOO
	expect 2 env RRIO_MODE=sometimes LD_LIBRARY_PATH="$B" LD_PRELOAD=librrio.so qemu-system-x86_64 "${args[@]}"
	one_line sometimes
}

# The default store: a new name each time, `latest`, ls newest first, rm.
test_store() {
	bare_args
	expect 0 "$rrio" record qemu-system-x86_64 "${args[@]}"
	restore_images
	expect 0 "$rrio" record qemu-system-x86_64 "${args[@]}"
	expect 0 "$rrio" ls
	[[ $(cut -d ' ' -f 1 out | tr '\n' ' ') == 'qemu-system-x86_64-1 qemu-system-x86_64-0 ' ]] || fail "ls: $(cat out)"
	matches out 'serial\.log'
	expect 0 "$rrio" info
	restore_images
	expect 0 "$rrio" replay
	restore_images
	expect 0 "$rrio" replay qemu-system-x86_64-0
	expect 0 "$rrio" rm qemu-system-x86_64-1
	[[ $(readlink "$XDG_DATA_HOME/rrio/latest") == qemu-system-x86_64-0 ]] || fail 'latest was not set back'
	expect 0 "$rrio" rm qemu-system-x86_64-0
	expect 65 "$rrio" info
	one_line 'no recording'
}

test_doctor() {
	expect 0 "$rrio" doctor qemu-system-x86_64
	matches out 'icount_round +required +found'
	matches out 'can be recorded'
	matches out '^build-id: [0-9a-f]{40}$'
	expect 69 "$rrio" doctor ls
	matches out 'cannot be recorded'
}

# A tick of the guest's clock alone makes no turn: preload/bells.h. Thirty-five thousand of them, two hundred requests.
test_ticks() {
	# shellcheck disable=SC2034 # command_line takes append
	local ticks turns append=requests=200
	command_line bare pc virtio-blk raw snapshot cache=writeback 1 shift=10,sleep=off
	record "${args[@]}"
	replays 1
	ticks=$(sed -nE 's/.* ([0-9]+) timer interrupts.*/\1/p' record.serial.log)
	turns=$("$B/rrio-inspect" info rec | awk '$1 == "turns" { print $2 }')
	[[ $ticks -gt 10000 && $((turns * 10)) -lt $ticks ]] || fail "$turns turns, $ticks ticks"
}
