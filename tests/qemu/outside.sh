# shellcheck shell=bash disable=SC2154,SC2054
# SPDX-License-Identifier: GPL-2.0-or-later
#
# outside.sh - what comes from outside: somebody at the console, the network, the monitor. More of it: tests/outside.

. "$root/tests/outside/lib.sh"

test_console() {
	login_guest mon:stdio
	{
		log_in
		cat <<-'PERSON'
			type date
			wait UTC
			type cat >/tmp/pasted
			look 100
			paste 160
			wait line 000159
			look 300
			key 3
			wait ^C
			type wc /tmp/pasted; sleep 1000
			wait 10240 /tmp/pasted
			look 300
			key 3
			wait ^C
			type exit
		PERSON
	} | record_person
	matches record.screen 'rrio-guest: end login'
	replays_screen 3
	"$B/rrio-inspect" dump rec type=input call=readv 'res>0' >dumped
	matches dumped 'received: readv of descriptor [0-9]+, result 1: p$'
	! grep 'sent: ' dumped >&"$say" || fail 'another call than the one asked for is shown'
	"$B/rrio-inspect" dump -o csv -F icount,source,call,fd,res rec type=input call=writev >dumped
	matches dumped '^[0-9]+,sent,writev?,[0-9]+,1'
}

# 20 MiB from a server on the loopback, which is gone when they are fetched again.
test_fetch() {
	local port server
	port=$(free_port)
	mkdir www
	head -c 20M /dev/urandom >www/big
	(cd www && exec "$B/guests/linux/busybox" httpd -f -p "127.0.0.1:$port") {say}>&- &
	server=$!
	login_guest mon:stdio -nic user,model=e1000
	{
		log_in
		cat <<-PERSON
			type ip addr add 10.0.2.15/24 dev eth0; ip link set eth0 up; ip route add default via 10.0.2.2
			wait #
			type ping -c 3 10.0.2.2
			wait 3 packets received
			type wget -q -O - http://10.0.2.2:$port/big | md5sum; echo fetched-\$?
			wait fetched-0
			type exit
		PERSON
	} | record_person
	kill "$server"
	matches record.screen "$(md5sum <www/big | cut -d ' ' -f 1)"
	replays_screen 1
	replay_opens_no_socket
}

# A disk comes, grows and goes, while the guest works and while it stands.
test_hotplug() {
	local qmp=unix:qmp.sock
	truncate -s 8M extra.raw
	login_guest mon:stdio -qmp "$qmp,server=on,wait=off"
	{
		log_in
		echo 'type while :; do md5sum /dev/vda >/dev/null; done &'
		qmp_at "$qmp" '{"execute":"device_add","arguments":{"driver":"virtio-blk-pci","drive":"nothing"}}' error \
			'{"execute":"blockdev-add","arguments":{"driver":"raw","node-name":"extra","file":{"driver":"file","filename":"extra.raw"}}}' return \
			'{"execute":"device_add","arguments":{"driver":"virtio-blk-pci","drive":"extra","id":"h0"}}' return
		cat <<-'PERSON'
			look 300
			type until [ -e /sys/block/vdb ]; do sleep 0.1; done; echo th""ere
			wait there
			type dd if=/dev/urandom of=/dev/vdb bs=64k count=16 conv=fsync; md5sum /dev/vdb; echo wri""tten
			wait written
		PERSON
		qmp_at "$qmp" '{"execute":"block_resize","arguments":{"node-name":"extra","size":16777216}}' return
		cat <<-'PERSON'
			type until grep -qx 32768 /sys/block/vdb/size; do sleep 0.1; done; echo gr""own
			wait grown
		PERSON
		qmp_at "$qmp" '{"execute":"device_del","arguments":{"id":"h0"}}' 'peripheral/h0"}' \
			'{"execute":"blockdev-del","arguments":{"node-name":"extra"}}' return \
			'{"execute":"stop"}' STOP '{"execute":"query-status"}' paused '{"execute":"cont"}' RESUME
		cat <<-'PERSON'
			type kill %1; ls /sys/block; echo af""ter
			wait after
			type exit
		PERSON
	} | record_person
	matches record.screen 'grown'
	replays_alone 2
	[[ ! -e qmp.sock ]] || fail 'a replay has made the socket'
}

# Somebody at the screen, who leaves without a word and comes back. What a VNC client sees is made in a thread.
test_display() {
	display_guest
	{
		echo 'wait (qemu)'
		see 7
		keys 'some text'
		printf '%s\n' leave 'type screendump screen.ppm' 'wait (qemu)'
		see 16
		keys 'More'
		printf '%s\n' reset 'look 100' 'type quit'
	} | record_person
	rm vnc.sock
	replays_alone 3
	[[ ! -e vnc.sock ]] || fail 'a replay has made the socket'
}

# More iothreads come and go than there are numbers of loops; another one stays, with the disk on which the guest works
# meanwhile.
test_many_iothreads() {
	iothreads_guest 4000
	{
		iothreads_at_work 70
		echo 'type {"execute":"quit"}'
	} | record_person
	[[ $(grep -c '^wrote 2048/2048' record.screen) -eq 70 && $(grep -c '^read 2048/2048' record.screen) -eq 70 ]] ||
		fail 'not all of them have done their I/O'
	! grep -E '"error"|Pattern' record.screen >&"$say" || fail 'a command has failed'
	replays_alone 2
}

# One more at once than can be followed: the guest goes on unrecorded, and what was recorded until there replays.
test_too_many_iothreads() {
	local append='end=none requests=400' i
	[[ $(ulimit -u) == unlimited || $(ulimit -u) -gt 8192 ]] || skip 'ulimit -u allows fewer threads than it takes'
	command_line bare pc virtio-blk raw snapshot cache=writeback 1 shift=5
	args+=(-qmp stdio)
	{
		printf '%s\n' 'wait QMP' 'type {"execute":"qmp_capabilities"}' 'wait return'
		for ((i = 1; i <= 64; i++)); do
			qmp object-add "\"qom-type\":\"iothread\",\"id\":\"i$i\""
		done
		until_done
		qmp object-del '"id":"i64"'
		qmp object-del '"id":"i1"'
		echo 'type {"execute":"quit"}'
	} | record_person
	matches record.screen '^rrio: .*no further iothread can be recorded.*\[gave-up\]$'
	expect 0 "$rrio" replay rec
	matches err '^rrio: the recording .* ends early.*\[ends-early\]'
}
