# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# monitor.sh - QMP commands while the guest works. The terminal shows what is typed too, so screens are not compared: what
# a replay sends is, by its digest.

. "$root/tests/outside/lib.sh"

stops() { # COUNT
	local i
	printf '%s\n' 'wait QMP' 'type {"execute":"qmp_capabilities"}' 'wait return'
	for ((i = 0; i < $1; i++)); do
		printf '%s\n' "look $((RANDOM % 100))" 'type {"execute":"stop"}' 'wait STOP' "look $((RANDOM % 20))" \
			'type {"execute":"cont"}' 'wait RESUME'
	done
}

test_stops() {
	local append='rrio.scale=2'
	working_guest -qmp stdio
	stops 40 | record_person
	matches record.serial.log 'rrio-guest: end'
	replays_alone 3
}

test_stops_smp() {
	working_guest -qmp stdio -smp 2
	stops 30 | record_person
	matches record.serial.log 'rrio-guest: end'
	replays_alone 3
}

test_stops_auto() {
	working_guest -qmp stdio
	args=("${args[@]/shift=5,sleep=off/shift=auto}")
	stops 20 | record_person
	matches record.serial.log 'rrio-guest: end'
	replays_alone 3
}

# Resets in the middle of the guest's work, and the reset's own polls and drains.
test_reset() {
	working_guest -qmp stdio
	printf '%s\n' 'wait QMP' 'type {"execute":"qmp_capabilities"}' 'wait return' 'look 2500' \
		'type {"execute":"system_reset"}' 'wait RESET' 'look 3000' 'type {"execute":"system_reset"}' 'wait RESET' |
		record_person
	matches record.serial.log 'rrio-guest: end'
	replays_alone 3
}

test_balloon() {
	local append='rrio.end=wait'
	working_guest -qmp stdio -device virtio-balloon-pci
	printf '%s\n' 'wait QMP' 'type {"execute":"qmp_capabilities"}' 'wait return' \
		'run until grep -qE "waiting|error" serial.log; do sleep 0.1; done' \
		'type {"execute":"balloon","arguments":{"value":134217728}}' 'wait "actual": 134217728' \
		'type {"execute":"quit"}' 'wait SHUTDOWN' | record_person
	replays_alone 3
}

# The mirror's image is one that the recorded run makes: a replay needs none, and makes none.
test_mirror() {
	local append='rrio.end=wait'
	command_line linux pc virtio-blk raw writable cache=writeback 1 shift=5,sleep=off
	args+=(-S -qmp stdio)
	printf '%s\n' 'wait QMP' 'type {"execute":"qmp_capabilities"}' 'wait return' \
		'type {"execute":"drive-mirror","arguments":{"device":"d0","target":"mirror.raw","sync":"full","format":"raw"}}' \
		'wait return' 'type {"execute":"cont"}' 'wait BLOCK_JOB_READY' 'look 3000' \
		'type {"execute":"block-job-complete","arguments":{"device":"d0"}}' 'wait BLOCK_JOB_COMPLETED' 'look 5000' \
		'type {"execute":"quit"}' | record_person
	replays_alone 1
	md5sum mirror.raw >sum
	replays_alone 1
	md5sum -c sum >/dev/null || fail 'a replay has changed the image'
	rm mirror.raw
	replays_alone 1
	[[ ! -e mirror.raw ]] || fail 'a replay has made the image'
}

# By HMP: a disk comes, grows and goes, the balloon, a stop, and a reset of the machine; the guest works meanwhile.
test_hmp() {
	truncate -s 8M extra.raw
	login_guest mon:stdio -device virtio-balloon-pci
	{
		log_in
		cat <<-'PERSON'
			type memory() { sed -n 's/MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo; }; before=$(memory)
			type while :; do md5sum /dev/vda >/dev/null; done &
		PERSON
		hmp_says 'drive_add 0 if=none,id=x1,file=extra.raw,format=raw' OK 'device_add nonsense' 'not a valid' \
			'device_add virtio-blk-pci,drive=x1,id=h0' '(qemu)'
		cat <<-'PERSON'
			type until [ -e /sys/block/vdb ]; do sleep 0.1; done; echo th""ere
			wait there
			type dd if=/dev/urandom of=/dev/vdb bs=64k count=16 conv=fsync; md5sum /dev/vdb; echo wri""tten
			wait written
		PERSON
		hmp_says 'block_resize x1 16M' '(qemu)' 'balloon 200' '(qemu)' stop '(qemu)' 'info status' paused cont '(qemu)'
		cat <<-'PERSON'
			type until grep -qx 32768 /sys/block/vdb/size; do sleep 0.1; done; echo gr""own
			wait grown
			type until [ $(memory) -le $((before - 56 * 1024)) ]; do sleep 0.1; done; echo sm""aller
			wait smaller
		PERSON
		hmp_says 'info balloon' 'actual=200' 'device_del h0' '(qemu)'
		cat <<-'PERSON'
			type while [ -e /sys/block/vdb ]; do sleep 0.1; done; echo go""ne
			wait gone
		PERSON
		hmp_says system_reset '(qemu)'
		log_in
		echo 'type exit'
	} | record_person
	matches record.screen 'rrio-guest: end login'
	replays_screen 3
}
