# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# network.sh - the guest's network cards and what is behind them; the replays have nothing behind them.

. "$root/tests/outside/lib.sh"

fetches() { # ARGUMENTS...
	local server port
	serve 127.0.0.1 4
	login_guest mon:stdio "$@"
	{
		log_in
		dress 10.0.2.15 10.0.2.2
		fetch 10.0.2.2
		echo 'type exit'
	} | record_person
	kill "$server"
	matches record.screen "$(md5sum <www/big | cut -d ' ' -f 1)"
	replays_screen 3
	replay_opens_no_socket
}

test_virtio_net() {
	fetches -nic user,model=virtio-net-pci
}

test_e1000() {
	fetches -nic user,model=e1000
}

test_rtl8139() {
	fetches -nic user,model=rtl8139
}

# 20 MiB, as the guest's image is written meanwhile.
test_big() {
	local server port
	serve 127.0.0.1 20
	login_guest mon:stdio -nic user,model=virtio-net-pci
	{
		log_in
		dress 10.0.2.15 10.0.2.2
		echo 'type while :; do md5sum /dev/vda >/dev/null; done &'
		fetch 10.0.2.2
		echo 'type kill %1; exit'
	} | record_person
	kill "$server"
	replays_screen 3
}

# Somebody connects to a server in the guest, twice, by a port of the host's.
test_hostfwd() {
	local port
	port=$(free_port)
	login_guest mon:stdio -nic "user,model=virtio-net-pci,hostfwd=tcp:127.0.0.1:$port-:22"
	{
		log_in
		dress 10.0.2.15 10.0.2.2
		cat <<-PERSON
			type ping -c 2 10.0.2.2
			wait 2 packets received
			type nc -l -p 22 -e /bin/sh
			look 500
			go tcp:$port
			send echo sh""ell\n
			wait shell
			send cat /proc/interrupts; exit\n
			look 300
			leave
			wait #
			type nc -l -p 22; echo ov""er
			look 500
			go tcp:$port
			send half a line
			look 200
			reset
			wait over
			type exit
		PERSON
	} | record_person
	replays_alone 3
	replay_opens_no_socket
}

# A program that answers whoever in the guest connects, and counts how often it was started.
make_helper() {
	cat >helper <<-'HELPER'
		#!/bin/sh
		echo >>starts
		read -r line
		echo "you said $line"
	HELPER
	chmod +x helper
}

# Programs that the emulator starts for the guest's connections, one of which does not exist: a replay starts none.
test_guestfwd_command() {
	make_helper
	login_guest mon:stdio -nic "user,model=virtio-net-pci,guestfwd=tcp:10.0.2.100:7-cmd:$PWD/helper,guestfwd=tcp:10.0.2.101:7-cmd:./none"
	{
		log_in
		dress 10.0.2.15 10.0.2.2
		cat <<-'PERSON'
			type echo hello | nc 10.0.2.100 7
			wait you said hello
			wait #
			type echo again | nc 10.0.2.100 7; echo twi""ce
			wait you said again
			wait twice
			type nc 10.0.2.101 7 </dev/null; echo no""thing
			wait nothing
			type exit
		PERSON
	} | record_person
	[[ $(wc -l <starts) -eq 2 ]] || fail "the program was started $(wc -l <starts) times"
	rm helper
	replays_alone 3
	matches err 'Failed to execute child process'
	[[ $(wc -l <starts) -eq 2 ]] || fail 'a replay has started the program'
	replay_opens_no_socket
}

# A connection of the guest's ends at a character device, which has been connected from the start.
test_guestfwd_chardev() {
	local port server
	make_helper
	port=$(free_port)
	"$B/guests/linux/busybox" nc -l -p "$port" -e "$PWD/helper" {say}>&- &
	server=$!
	sleep 0.5
	login_guest mon:stdio -chardev "socket,id=f0,host=127.0.0.1,port=$port" \
		-nic "user,model=e1000,guestfwd=tcp:10.0.2.100:7-chardev:f0"
	{
		log_in
		dress 10.0.2.15 10.0.2.2
		cat <<-'PERSON'
			type (echo hello; sleep 1) | nc 10.0.2.100 7; echo do""ne
			wait you said hello
			key 3
			wait #
			type exit
		PERSON
	} | record_person
	wait "$server" || :
	replays_screen 3
	replay_opens_no_socket
}

# The host's file server is started for the guest.
test_smb() {
	[[ -x /usr/sbin/smbd ]] || skip 'samba is not installed'
	mkdir share
	login_guest mon:stdio -nic "user,model=virtio-net-pci,smb=$PWD/share"
	{
		log_in
		dress 10.0.2.15 10.0.2.2
		cat <<-'PERSON'
			type (echo nonsense; sleep 2) | nc 10.0.2.4 445 | wc -c; echo do""ne
			wait done
			type exit
		PERSON
	} | record_person
	"$B/rrio-inspect" dump rec type=input call=spawn >dumped
	matches dumped 'spawn'
	replays_screen 3
	replay_opens_no_socket
}

# Names are looked up by the host's servers, if there are any; nobody answers is an answer too.
test_names() {
	login_guest mon:stdio -nic user,model=virtio-net-pci
	{
		log_in
		dress 10.0.2.15 10.0.2.2
		cat <<-'PERSON'
			type nslookup localhost 10.0.2.3; echo look""ed
			wait looked
			type exit
		PERSON
	} | record_person
	replays_screen 3
}

# Another machine, which is not recorded, at the other end of a socket.
test_socket() {
	local port
	port=$(free_port)
	login_guest unix:other.sock,server=on,wait=off -nic "socket,model=e1000,mac=52:54:00:00:00:02,connect=127.0.0.1:$port"
	printf '%q ' qemu-system-x86_64 "${args[@]}" >other
	login_guest mon:stdio -nic "socket,model=e1000,listen=127.0.0.1:$port"
	{
		log_in
		dress 10.7.0.1 10.7.0.2
		echo 'run sh other >other.log 2>&1 &'
		echo 'go unix:other.sock'
		log_in
		dress 10.7.0.2 10.7.0.1
		printf '%s\n' 'type ping -c 3 10.7.0.1' 'wait 3 packets received' 'type exit' 'wait end login' leave 'type exit'
	} | record_person
	replays_alone 3
	replay_opens_no_socket
}

# A tap device in a network namespace of its own.
test_tap() {
	local port=8080
	mkdir www
	head -c 4M /dev/urandom >www/big
	login_guest mon:stdio -netdev tap,id=n0,ifname=tap0,script=no,downscript=no -device virtio-net-pci,netdev=n0
	{
		log_in
		dress 10.9.0.2 10.9.0.1
		echo 'type ping -c 2 10.9.0.1'
		echo 'wait 2 packets received'
		fetch 10.9.0.1
		echo 'type exit'
	} | record_in_namespace
	matches record.screen "$(md5sum <www/big | cut -d ' ' -f 1)"
	replays_screen 3
}
