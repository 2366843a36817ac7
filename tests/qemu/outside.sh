# shellcheck shell=bash disable=SC2154,SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
#
# outside.sh - what comes from outside: somebody at the console, the network. The replays have neither.

# A Linux guest that asks for a name on the serial console.
login_guest() { # ARGUMENTS...
	local append='rrio.steps= rrio.end=login'
	command_line linux pc virtio-blk raw snapshot cache=writeback 1 shift=5,sleep=off
	# The console is the person's, not a file's.
	local i
	for i in "${!args[@]}"; do
		[[ ${args[i]} != file:serial.log ]] || args[i]=mon:stdio
	done
	args+=("$@")
}

# Records with a person at the terminal who follows the script on stdin; what they saw is in the file screen.
record_person() {
	local status=0
	limited "$RUN_LIMIT" "$B/person" screen "$rrio" record -o rec -- qemu-system-x86_64 "${args[@]}" 2>record.err ||
		status=$?
	[[ $status -eq 0 ]] || fail "recording ended with status $status: $(tail -n 1 record.err)"
	tr -d '\r' <screen >record.screen
}

# What a replay without a terminal shows is what was on the screen.
replays_screen() { # COUNT
	local i
	for ((i = 1; i <= $1; i++)); do
		expect 0 "$rrio" replay rec
		[[ ! -s err ]] || fail "replay $i complains: $(tail -n 1 err)"
		tr -d '\r' <out >replay.screen
		same record.screen replay.screen
	done
}

test_console() {
	login_guest
	record_person <<-'PERSON'
		wait login:
		type root
		wait #
		type date
		wait UTC
		type md5sum /bin/busybox
		wait /bin/busybox
		wait #
		type exit
	PERSON
	matches record.screen 'rrio-guest: end login'
	replays_screen 3
}

# 20 MiB from a server on the loopback, which is gone when they are fetched again.
test_fetch() {
	local port=$((20000 + RANDOM % 10000)) server
	mkdir www
	head -c 20M /dev/urandom >www/big
	(cd www && exec "$B/guests/linux/busybox" httpd -f -p "127.0.0.1:$port") {say}>&- &
	server=$!
	login_guest -nic user,model=e1000
	record_person <<-PERSON
		wait login:
		type root
		wait #
		type ip addr add 10.0.2.15/24 dev eth0; ip link set eth0 up; ip route add default via 10.0.2.2
		wait #
		type wget -q -O - http://10.0.2.2:$port/big | md5sum; echo fetched-\$?
		wait fetched-0
		type exit
	PERSON
	kill "$server"
	matches record.screen "$(md5sum <www/big | cut -d ' ' -f 1)"
	replays_screen 1
	type -P strace >/dev/null || skip 'strace is not installed'
	expect 0 strace -f -o calls -e trace=socket,connect,bind,listen "$rrio" replay rec
	! grep -E '(socket|connect|bind|listen)\(' calls || fail 'replay has opened a socket'
}
