# shellcheck shell=bash disable=SC2154,SC2034,SC2054
# SPDX-License-Identifier: GPL-2.0-or-later
#
# images.sh - recordings whose guests write to their images: a replay needs the images as they are now, and leaves them
# as they are. Only test_changed_image (recordings.sh) puts an image back.

sums() {
	sha256sum -- disk.* >"$1"
}

# Replays that change nothing: N of them, exact, and the images' checksums before and after equal.
verify_leaves_alone() { # COUNT
	sums before
	expect 0 "$rrio" verify -n "$1" rec
	matches out "^identical.* $1 of $1"
	sums after
	same before after
	same record.serial.log serial.log
}

written() { # FORMAT
	local append='rrio.steps=seq rrio.scale=9' bytes
	command_line linux pc virtio-blk "$1" writable cache=writeback 1 shift=5,sleep=off
	record "${args[@]}"
	bytes=$("$B/rrio-inspect" dump rec | awk '$4 == "write" { sum += $7 } END { print sum }')
	[[ $bytes -ge $((50 << 20)) ]] || fail "the guest wrote $bytes bytes only"
	! cmp -s "disk.$1" "disk.$1.orig" || fail 'the image is as it was: this case shows nothing'
	rm "disk.$1.orig"
	verify_leaves_alone 3
}

test_written_raw() { written raw; }
test_written_qcow2() { written qcow2; }

# Killed at any instant: the store has what the image held, for everything that has reached the image.
test_killed() {
	local format i
	for format in raw qcow2; do
		local append=requests=4000
		command_line bare pc virtio-blk "$format" writable cache=writeback 1 shift=5,sleep=off
		for i in 1 2; do
			rm -rf rec serial.log
			"$rrio" record -o rec -- qemu-system-x86_64 "${args[@]}" 2>/dev/null {say}>&- &
			kill_later $!
			mv serial.log killed.log
			sums before
			expect 0 "$rrio" replay rec
			matches err '^rrio: the recording .* ends early'
			sums after
			same before after
			cmp -n "$(stat -c %s serial.log)" serial.log killed.log || fail "the replay says something else"
		done
	done
}

kill_later() { # PID
	until [[ -s serial.log ]]; do sleep 0.02; done
	sleep "0.$((RANDOM % 500 + 200))"
	kill -KILL "$1"
	! wait "$1" || fail 'the emulator had ended before it was killed'
}

# The same half-way through 50 MiB that Linux writes.
test_killed_half_way() {
	local append='rrio.steps=seq rrio.scale=9' format pid
	for format in raw qcow2; do
		rm -rf rec ./*.log
		command_line linux pc virtio-blk "$format" writable cache=writeback 1 shift=5,sleep=off
		"$rrio" record -o rec -- qemu-system-x86_64 "${args[@]}" 2>/dev/null {say}>&- &
		pid=$!
		until [[ $(awk '$1 == "wchar:" { print $2 }' "/proc/$pid/io") -ge $((25 << 20)) ]]; do sleep 0.02; done
		kill -KILL "$pid"
		! wait "$pid" || fail 'the emulator had ended before it was killed'
		! grep -q 'rrio-guest: end' serial.log || fail 'the guest had done all of its work'
		sums before
		expect 0 "$rrio" verify -n 3 rec
		matches out '^identical.* 3 of 3'
		sums after
		same before after
	done
}

# Linux reads what it changes later: without the store its replay reads the wrong thing.
test_engines() {
	local append=rrio.steps=small aio
	for aio in native io_uring; do
		rm -rf rec ./*.log
		command_line linux pc virtio-blk raw writable "cache=none,aio=$aio" 1 shift=5,sleep=off
		record "${args[@]}"
		verify_leaves_alone 1
	done
}

has_op() { # NAME
	"$B/rrio-inspect" dump rec | awk -v op="$1" '$4 == op { found = 1 } END { exit !found }' ||
		fail "no request of the recording is of kind $1: this case shows nothing"
}

# A qcow2 above another image, all of whose clusters come into being while the guest writes.
layered_args() { # MORE-OF-DRIVE
	cp -- "$guests/bare.img" disk.base
	expect 0 qemu-img create -f qcow2 -b disk.base -F raw disk.qcow2
	args=(-M pc -icount shift=5,sleep=off -m 64 -nodefaults -display none -serial file:serial.log
		-kernel "$guests/bare.elf" -append write -device virtio-blk-pci,drive=d0 -drive "if=none,id=d0,$1")
}

# A file that is filled with zeros in advance, and made smaller at the end.
test_sizes() {
	layered_args driver=qcow2,file.driver=preallocate,file.file.driver=file,file.file.filename=disk.qcow2
	record "${args[@]}"
	has_op allocate
	has_op truncate
	verify_leaves_alone 2
}

# RRIO_DATA=full: the replay needs no image, whatever the engine and however the image was named.
without_images() { # DRIVE FILE...
	layered_args "$1"
	shift
	rm -rf rec
	RRIO_DATA=full record "${args[@]}"
	mkdir gone
	mv "$@" gone
	expect 0 "$rrio" replay rec
	same record.serial.log serial.log
	expect 0 "$rrio" verify -n 2 rec
	for file in "$@"; do
		[[ ! -e $file ]] || fail "a replay has made $file"
	done
	mv gone/* . && rmdir gone
}

test_full() {
	local file
	without_images file=disk.qcow2,format=qcow2 disk.qcow2 disk.base
	without_images file=disk.qcow2,format=qcow2,snapshot=on disk.qcow2 disk.base
	without_images file=disk.base,format=raw,cache=none,aio=native disk.base
	ln -s "$PWD" 'a "link"'
	without_images 'driver=raw,file.driver=file,file.filename=./a "link"//disk.base,cache.direct=on,file.aio=io_uring' disk.base
}

# Without it, an image that is not there is named.
test_missing_image() {
	command_line bare pc virtio-blk raw writable cache=writeback 1 shift=5,sleep=off
	record "${args[@]}"
	rm disk.raw
	expect 65 "$rrio" replay rec
	one_line 'image .*/disk\.raw is not here.*--data full'
	expect 65 env RRIO_MODE=replay RRIO_DIR="$PWD/rec" LD_LIBRARY_PATH="$B" LD_PRELOAD=librrio.so qemu-system-x86_64 "${args[@]}"
	one_line 'image .*/disk\.raw is not there.*RRIO_DATA=full'
}

# Two replays at once do not stand in each other's way: neither writes.
test_two_at_once() {
	local first
	command_line bare pc virtio-blk raw writable cache=writeback 1 shift=5,sleep=off
	record "${args[@]}"
	sums before
	"$rrio" verify -n 2 rec >first.out 2>&1 {say}>&- &
	first=$!
	expect 0 "$rrio" verify -n 2 rec
	wait $first || fail "the other one: $(tail -n 1 first.out)"
	sums after
	same before after
}

# Where the file system can share what files hold, most of what an image held is not copied but cloned.
test_clone() {
	local append='rrio.steps=seq rrio.scale=3' bytes
	truncate -s 600M btrfs.img
	mkfs.btrfs -q btrfs.img && mkdir btrfs
	mount -o loop btrfs.img btrfs 2>/dev/null || skip 'no btrfs can be mounted here'
	trap 'cd .. && umount btrfs && rm btrfs.img' EXIT
	cd btrfs || exit
	command_line linux pc virtio-blk raw writable cache=writeback 1 shift=5,sleep=off
	record "${args[@]}"
	[[ -f rec/image.1 ]] || fail "there is no clone; the store has $(stat -c %s rec/pieces) bytes"
	bytes=$(stat -c %s rec/pieces)
	[[ $bytes -le $((6 << 20)) ]] || fail "the store has $bytes bytes in spite of the clone"
	cmp -s disk.raw rec/image.1 && fail 'the clone is as the image is now: this case shows nothing'
	rm disk.raw.orig
	expect 0 "$B/rrio-inspect" repair -o copy rec
	truncate -s 0 disk.raw
	verify_leaves_alone 2
	expect 0 "$rrio" replay copy
	same record.serial.log serial.log
	rm rec/image.1
	expect 65 "$rrio" replay rec
	one_line 'image.1, with what .*/disk.raw held at first, cannot be opened'
}

# A store that is not what it was is found before the guest runs, or where it is needed.
test_damaged_store() {
	local size
	command_line bare pc virtio-blk raw writable cache=writeback 1 shift=5,sleep=off
	record "${args[@]}"
	expect 0 "$B/rrio-inspect" repair -o copy rec
	expect 0 "$rrio" replay copy
	same record.serial.log serial.log
	cp rec/pieces whole
	size=$(stat -c %s whole)
	truncate -s $((size / 2)) rec/pieces
	expect 65 "$rrio" replay rec
	one_line 'pieces ends early'
	cp whole rec/pieces
	printf '\xde\xad' | dd of=rec/pieces bs=1 seek=$((size / 2)) conv=notrunc status=none
	expect 65 "$rrio" replay rec
	one_line 'pieces is damaged at byte [0-9]+'
	rm rec/pieces
	expect 65 "$rrio" replay rec
	one_line 'lacks its file pieces'
}

# The disk of the recording is full. Ended by RRIO_ON_ERROR=stop, what was recorded replays.
test_full_disk() {
	mkdir small
	mount -t tmpfs -o size=512k,mode=700 tmpfs small 2>/dev/null || skip 'no file system can be mounted here'
	trap 'umount small' EXIT
	command_line bare pc virtio-blk raw writable cache=writeback 1 shift=5,sleep=off
	RRIO_ON_ERROR=stop expect 1 "$rrio" record -o small/rec -- qemu-system-x86_64 "${args[@]}"
	one_line 'cannot be written: No space left on device.*replays'
	sums before
	expect 0 "$rrio" replay small/rec
	matches err '^rrio: the recording .* ends early'
	sums after
	same before after
	rm -rf small/rec serial.log
	restore_images
	expect 0 "$rrio" record -o small/rec -- qemu-system-x86_64 "${args[@]}"
	one_line 'the guest goes on unrecorded'
	matches serial.log '^bare: done'
}
