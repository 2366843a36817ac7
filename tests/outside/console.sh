# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# console.sh - somebody at the console, by every way that leads there.

. "$root/tests/outside/lib.sh"

# Lines of a script: 10 KiB at once, for somebody who counts them.
paste_and_count() {
	printf '%s\n' 'type cat >/tmp/pasted' 'look 100' 'paste 160' 'wait line 000159' 'look 300' 'key 3' 'wait ^C' \
		'type wc /tmp/pasted' 'wait 10240 /tmp/pasted'
}

# Lines of a script: works for a while, and logs out.
work() { # [WHAT-ELSE]
	log_in
	"${1-:}"
	cat <<-'PERSON'
		type uname -a; echo 'a "quoted" line'
		wait Linux
		type sleep 1000
		look 300
		key 3
		wait ^C
		type exit
		look 500
	PERSON
}

test_nographic() {
	login_guest mon:stdio
	args=("${args[@]/-nodefaults/-no-user-config}")
	local i
	for i in "${!args[@]}"; do
		case ${args[i]:-} in
		-display) args[i]=-nographic args[i + 1]=-no-fd-bootchk ;;
		-serial) unset "args[i]" "args[i + 1]" ;;
		esac
	done
	work paste_and_count | record_person
	matches record.screen 'rrio-guest: end login'
	replays_screen 3
}

test_pty() {
	login_guest pty
	{
		printf '%s\n' 'wait redirected' 'go pty'
		work paste_and_count
	} | record_person
	matches record.screen 'rrio-guest: end login'
	replays_alone 3
}

test_unix() {
	login_guest unix:console.sock,server=on,wait=off
	{
		echo 'go unix:console.sock'
		work
	} | record_person
	matches record.screen 'rrio-guest: end login'
	replays_alone 3
	[[ ! -e console.sock ]] || fail 'a replay has made the socket'
}

# The emulator waits for somebody to connect before it starts.
test_tcp() {
	local port
	port=$(free_port)
	login_guest "tcp:127.0.0.1:$port,server=on"
	{
		echo "go tcp:$port"
		work
	} | record_person
	matches record.screen 'rrio-guest: end login'
	replays_alone 3
	replay_opens_no_socket
}

test_virtio() {
	local append=rrio.console=hvc0
	login_guest none -device virtio-serial-pci -device virtconsole,chardev=c0 \
		-chardev stdio,id=c0,mux=on,signal=off -mon chardev=c0
	work | record_person
	matches record.screen 'a "quoted" line'
	replays_screen 3
}

# Back and forth between the guest and the monitor; a reset of the machine.
test_monitor() {
	login_guest mon:stdio
	{
		log_in
		printf '%s\n' 'key 1' 'send c' 'wait (qemu)' 'type info block' 'wait d0' 'type stop' 'wait (qemu)' 'look 200' \
			'type info status' 'wait paused' 'type cont' 'look 100' 'key 1' 'send c' 'type echo b""ack' 'wait back' \
			'key 1' 'send c' 'type system_reset' 'wait (qemu)' 'key 1' 'send c'
		log_in
		printf '%s\n' 'key 1' 'send x'
	} | record_person
	replays_screen 3
}

# A paste that nobody reads for a while, and an interrupt behind it.
test_paste() {
	login_guest mon:stdio
	{
		log_in
		printf '%s\n' 'type sleep 4' 'look 200' 'paste 20' 'key 3' 'look 300' 'type cat' 'paste 160' 'key 3' 'look 1000' \
			'type echo st""ill' 'wait still' 'type exit'
	} | record_person
	replays_screen 3
}

# A monitor on two named pipes.
test_pipes() {
	local append='rrio.end=wait'
	mkfifo monitor.in monitor.out
	working_guest -chardev pipe,id=monitor,path=monitor -mon chardev=monitor
	cat <<-'PERSON' | record_person
		run cat monitor.out >said &
		run printf 'info status\nstop\nx /4xb 0\ncont\n' >monitor.in
		look 3000
		run printf 'quit\n' >monitor.in
	PERSON
	matches said 'VM status: running'
	replays_alone 3
}

# The guest's screen and keyboard on the terminal.
test_curses() {
	export TERM=xterm
	working_guest -vga std
	args=("${args[@]/#none/curses}")
	[[ -n $(find /usr/lib -name ui-curses.so -print -quit) ]] || skip 'this emulator has no curses display'
	printf '%s\n' 'wait SeaBIOS' 'type hello' 'look 300' 'key 27' 'send [A' 'look 500' | record_person
	unset TERM
	matches record.serial.log 'rrio-guest: end'
	replays_screen 3
}
