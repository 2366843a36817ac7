# shellcheck shell=bash disable=SC2154,SC2034,SC2054
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lib.sh - for cases with somebody or something outside: build/person works at the emulator's terminal, and elsewhere,
# while it is recorded (tests/qemu/person.c has the words of its scripts). The replays have neither terminal nor network.

# A Linux guest that asks for a name on its console, CONSOLE (of -serial).
login_guest() { # CONSOLE ARGUMENTS...
	local append="rrio.steps= rrio.end=login ${append:-}" i
	command_line linux pc virtio-blk raw snapshot cache=writeback 1 shift=5
	for i in "${!args[@]}"; do
		[[ ${args[i]} != file:serial.log ]] || args[i]=$1
	done
	[[ $1 != none ]] || args+=(-serial none)
	args+=("${@:2}")
}

# A Linux guest at work, whose console is a file.
working_guest() { # ARGUMENTS...
	command_line linux pc virtio-blk raw snapshot cache=writeback 1 shift=5,sleep=off
	args+=("$@")
}

# Records with a person at the terminal who follows the script on stdin; what they saw is in the file record.screen.
record_person() {
	local status=0
	limited "$RUN_LIMIT" "${person[@]:-$B/person}" screen "$rrio" record -o rec -- qemu-system-x86_64 "${args[@]}" 2>record.err ||
		status=$?
	[[ $status -eq ${end_status:-0} ]] || fail "recording ended with status $status: $(tail -n 1 record.err)"
	! grep '^person: ' record.err >&"$say" || fail 'what the person waits for does not come'
	! grep '\[uncontrolled\]' record.err >&"$say" || fail 'not all of it is in the recording'
	tr -d '\r' <screen >record.screen
	[[ ! -e serial.log ]] || mv serial.log record.serial.log
	[[ ! -e insns.log ]] || mv insns.log record.insns.log
}

# A replay without a terminal, that does not open a socket either.
replay_alone() { # NUMBER
	local status=0
	limited "$RUN_LIMIT" "$rrio" replay rec >out 2>err || status=$?
	[[ $status -eq ${end_status:-0} ]] || fail "replay $1 ended with status $status: $(grep '^rrio: ' err)"
	! grep '^rrio: ' err >&"$say" || fail "replay $1 complains"
	[[ ! -e record.serial.log ]] || same record.serial.log serial.log
	[[ ! -e record.insns.log ]] || same record.insns.log insns.log
	tr -d '\r' <out >replay.screen
}

replays_alone() { # COUNT
	local i
	for ((i = 1; i <= $1; i++)); do
		replay_alone "$i"
	done
}

# What a replay shows is what was on the screen, all of it.
replays_screen() { # COUNT
	local i
	for ((i = 1; i <= $1; i++)); do
		replay_alone "$i"
		same record.screen replay.screen
	done
}

replay_opens_no_socket() {
	type -P strace >/dev/null || return 0
	expect 0 strace -f -o calls -e trace=socket,connect,bind,listen,accept,accept4 "$rrio" replay rec
	# Without SHELL in its environment, bash, and so rrio, asks the name service who it is.
	! grep -v '/var/run/nscd/' calls | grep -E 'socket\(AF_INET|(connect|bind|listen|accept|accept4)\(' ||
		fail 'replay has opened a socket'
}

# Lines of a script: logs in on the guest's console.
log_in() {
	printf '%s\n' 'wait login:' 'type root' 'wait #'
}

# Lines of a script: QMP commands at PLACE, each followed by what to wait for.
qmp_at() { # PLACE {COMMAND ANSWER}...
	printf '%s\n' "go $1" 'wait QMP' 'type {"execute":"qmp_capabilities"}' 'wait return'
	shift
	printf 'type %s\nwait %s\n' "$@"
	echo leave
}

# The bare guest at work on a disk of an iothread's, and a node `extra` for others.
iothreads_guest() { # REQUESTS
	local append="end=none requests=$1"
	truncate -s 1M extra.orig
	command_line bare pc virtio-blk,iothread=t0 raw snapshot cache=writeback 1 shift=5
	args+=(-qmp stdio -object iothread,id=t0
		-blockdev driver=raw,node-name=extra,file.driver=file,file.filename=extra)
}

# Lines of a script, for QMP on the terminal: so many iothreads come, do I/O on the node `extra`, and go, one after the
# other; then until the bare guest has done its work. What qemu-io says goes past the monitor, onto the screen.
iothreads_at_work() { # COUNT
	local i name
	printf '%s\n' 'wait QMP' 'type {"execute":"qmp_capabilities"}' 'wait return'
	for ((i = 1; i <= $1; i++)); do
		name=i$i
		qmp object-add "\"qom-type\":\"iothread\",\"id\":\"$name\""
		qmp x-blockdev-set-iothread "\"node-name\":\"extra\",\"iothread\":\"$name\""
		qemu_io "write -P $i ${i}k 2k"
		qemu_io "read -P $i ${i}k 2k"
		qmp x-blockdev-set-iothread '"node-name":"extra","iothread":null'
		qmp object-del "\"id\":\"$name\""
	done
	until_done
}

until_done() {
	echo "run until grep -q 'bare: done' serial.log; do sleep 0.1; done"
}

qmp() { # TYPE ARGUMENTS
	printf 'type {"execute":"%s","arguments":{%s}}\nwait {"return": \n' "$@"
}

qemu_io() { # COMMAND
	qmp human-monitor-command "\"command-line\":\"qemu-io extra \\\"$1\\\"\""
}

# Lines of a script: HMP commands on the console's terminal, each followed by what to wait for; then back.
hmp_says() { # {COMMAND ANSWER}...
	printf '%s\n' 'key 1' 'send c' 'wait (qemu)'
	printf 'type %s\nwait %s\n' "$@"
	printf '%s\n' 'key 1' 'send c'
}

# A port of the loopback that nobody listens on.
free_port() {
	local port
	for ((port = 20000 + RANDOM % 10000; ; port++)); do
		! : 2>/dev/null <>"/dev/tcp/127.0.0.1/$port" || continue
		echo "$port"
		return
	done
}

# ---- networks ----

# Lines of a script: the guest's address.
dress() { # ADDRESS GATEWAY
	echo "type ip addr add $1/24 dev eth0; ip link set eth0 up; ip route add default via $2; echo dr\"\"essed"
	echo 'wait dressed'
}

serve() { # ADDRESS MIB: a web server; its pid is in $server, its port in $port
	port=$(free_port)
	mkdir -p www
	head -c "$2M" /dev/urandom >www/big
	(cd www && exec "$B/guests/linux/busybox" httpd -f -p "$1:$port") {say}>&- &
	server=$!
}

# Lines of a script: fetches it.
fetch() { # ADDRESS
	echo "type wget -q -O - http://$1:$port/big | md5sum; echo fetched-\$?"
	echo 'wait fetched-0'
}

# Records with a person, all in a network namespace of its own with a tap device, tap0, whose host is 10.9.0.1 and has a
# web server; it shows the folder www.
record_in_namespace() {
	local person=(unshare -n ./inside)
	[[ $EUID -eq 0 ]] || skip 'a network namespace needs root'
	[[ -c /dev/net/tun ]] || skip 'there is no /dev/net/tun'
	type -P ip >/dev/null || skip 'iproute2 is not installed'
	unshare -n true 2>/dev/null || skip 'no network namespace can be made here'
	cat >inside <<-INSIDE
		#!/bin/bash
		set -euo pipefail
		ip link set lo up
		ip tuntap add dev tap0 mode tap
		ip addr add 10.9.0.1/24 dev tap0
		ip link set tap0 up
		"$B/guests/linux/busybox" httpd -f -h www -p 10.9.0.1:$port </dev/null &
		trap "kill \$!" EXIT
		"$B/person" "\$@"
	INSIDE
	chmod +x inside
	record_person
}

# ---- a VNC display, by the words of build/person: RFB 3.8, RFC 6143 ----

display_guest() {
	local append=end=none
	command_line bare pc virtio-blk raw snapshot cache=writeback 1 shift=5
	args+=(-vga std -vnc unix:vnc.sock -monitor stdio)
}

# Lines of a script: somebody comes to the display, who understands one encoding.
see() { # ENCODING [SECURITY [PLACE]]
	printf '%s\n' "go ${3:-unix:vnc.sock}" 'wait RFB 003.008' 'send RFB 003.008\n' 'look 100'
	let_in "${2:-none}"
	printf '%s\n' 'look 100' 'send \x01' 'look 200' "send \\x02\\x00\\x00\\x01$(four_bytes "$1")"
	ask_for 0
}

# What the display asks for; TLS goes by VeNCrypt, whose numbers say what is used inside.
let_in() { # none|password|anon|anon+password|x509|x509+password
	local -A inside=([anon]=257 [anon+password]=258 [x509]=260 [x509+password]=261)
	case $1 in
	none) printf '%s\n' 'send \x01' ;;
	password) printf '%s\n' 'send \x02' ;;
	*)
		printf '%s\n' 'send \x13' 'look 100' 'send \x00\x02' 'look 100' "send $(four_bytes "${inside[$1]}")" 'look 200'
		[[ $1 == x509* ]] && echo 'secure pki' || echo 'secure anonymous'
		;;
	esac
	[[ $1 != *password ]] || echo 'answer secret'
}

four_bytes() { # NUMBER
	printf '\\x%02x' $(($1 >> 24 & 255)) $(($1 >> 16 & 255)) $(($1 >> 8 & 255)) $(($1 & 255))
}

# Lines of a script: asks for the screen, all of it or what has changed, and looks at it.
ask_for() { # 0|1
	printf '%s\n' "send \\x03\\x0$1\\x00\\x00\\x00\\x00\\x04\\x00\\x03\\x00" 'look 100'
}

key() { # down|up KEYSYM
	local down=0
	[[ $1 != down ]] || down=1
	printf 'send \\x04\\x0%d\\x00\\x00%s\n' $down "$(four_bytes "$2")"
}

# Lines of a script: keys pressed and let go, one after the other, and looks at the screen in between.
keys() { # TEXT
	local i code
	for ((i = 0; i < ${#1}; i++)); do
		printf -v code '%d' "'${1:i:1}"
		[[ ${1:i:1} != [A-Z\>] ]] || key down 0xffe1
		key down "$code"
		key up "$code"
		[[ ${1:i:1} != [A-Z\>] ]] || key up 0xffe1
		ask_for 1
	done
}

enter() { # TEXT
	keys "$1"
	key down 0xff0d
	key up 0xff0d
	ask_for 1
}
