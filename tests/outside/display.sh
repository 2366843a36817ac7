# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# display.sh - somebody at a VNC display.

. "$root/tests/outside/lib.sh"

# A Linux guest that asks for a name on its screen; its serial port is the terminal.
screen_guest() { # ARGUMENTS...
	local append="rrio.console=tty1 ${append:-}"
	login_guest mon:stdio -vga std -vnc unix:vnc.sock "$@"
}

# Lines of a script: logs in on the screen.
log_in_there() {
	printf '%s\n' 'look 500'
	enter root
	printf '%s\n' 'look 1000'
	ask_for 1
}

# Works, goes away without a word, comes back with another encoding, and logs out.
works_there() { # ENCODING ENCODING
	{
		printf '%s\n' 'wait rrio-guest: login' 'look 1500'
		see "$1"
		log_in_there
		enter 'ls /proc'
		enter 'echo seen >/dev/ttyS0'
		echo 'wait seen'
		printf '%s\n' 'look 300' leave 'look 200'
		see "$2"
		# The pointer, and what nobody understands.
		printf '%s\n' 'send \x05\x00\x00\x40\x00\x40' 'look 50' 'send \x05\x01\x00\x80\x00\x40'
		ask_for 1
		enter exit
		printf '%s\n' 'look 500'
	} | record_person
}

test_vnc_tight() {
	screen_guest
	works_there 7 16
	matches record.screen 'rrio-guest: end login'
	rm vnc.sock
	replays_alone 3
	[[ ! -e vnc.sock ]] || fail 'a replay has made the socket'
}

# Two processors, and time as it comes.
test_vnc_raw() {
	screen_guest -smp 2
	args=("${args[@]/shift=5/shift=auto}")
	works_there 0 5
	matches record.screen 'rrio-guest: end login'
	replays_alone 3
}
