# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# display.sh - somebody at a VNC display.

. "$root/tests/outside/lib.sh"

# A Linux guest that asks for a name on its screen; its serial port is the terminal.
screen_guest() { # ARGUMENTS...
	local append="rrio.console=tty1 ${append:-}"
	login_guest mon:stdio -vga std -vnc "${vnc:-unix:vnc.sock}" "$@"
}

# Lines of a script: logs in on the screen.
log_in_there() {
	printf '%s\n' 'look 500'
	enter root
	printf '%s\n' 'look 1000'
	ask_for 1
}

# Works, goes away without a word, comes back with another encoding, and logs out.
works_there() { # ENCODING ENCODING [SECURITY]
	{
		printf '%s\n' 'wait rrio-guest: login' 'look 1500'
		see "$1" "${@:3}"
		log_in_there
		enter 'ls /proc'
		enter 'echo seen >/dev/ttyS0'
		echo 'wait seen'
		printf '%s\n' 'look 300' leave 'look 200'
		see "$2" "${@:3}"
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

# A client that knows the password, which comes from the monitor; before, one that does not, and one that comes too late.
test_vnc_password() {
	local vnc=unix:vnc.sock,password=on
	screen_guest -qmp unix:qmp.sock,server=on,wait=off
	{
		printf '%s\n' 'wait rrio-guest: login'
		qmp_at unix:qmp.sock '{"execute":"set_password","arguments":{"protocol":"vnc","password":"secret"}}' return
		printf '%s\n' 'go unix:vnc.sock' 'wait RFB 003.008' 'send RFB 003.008\n' 'look 100' 'send \x02' 'answer wrong' \
			'wait Authentication failed' leave
		qmp_at unix:qmp.sock '{"execute":"expire_password","arguments":{"protocol":"vnc","time":"now"}}' return
		printf '%s\n' 'go unix:vnc.sock' 'wait RFB 003.008' 'send RFB 003.008\n' 'look 1500' 'send \x02' 'answer secret' \
			'wait Authentication failed' leave
		qmp_at unix:qmp.sock '{"execute":"expire_password","arguments":{"protocol":"vnc","time":"+1000"}}' return
		see 7 password
		log_in_there
		enter 'echo seen >/dev/ttyS0'
		echo 'wait seen'
		enter exit
		echo 'look 500'
	} | record_person
	matches record.screen 'rrio-guest: end login'
	replays_alone 3
	replay_opens_no_socket
}

# The password is a secret of the command line.
test_vnc_tls_anonymous() {
	local vnc=unix:vnc.sock,tls-creds=t0,password-secret=s0
	screen_guest -object tls-creds-anon,id=t0,endpoint=server -object secret,id=s0,data=secret
	works_there 7 0 anon+password
	matches record.screen 'rrio-guest: end login'
	replays_alone 3
}

# Certificates of both sides, by an authority that is made here.
make_certificates() {
	local name
	type -P openssl >/dev/null || skip 'openssl is not installed'
	mkdir pki
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout pki/ca-key.pem -out pki/ca-cert.pem \
		-addext keyUsage=critical,keyCertSign 2>openssl.log
	for name in server client; do
		openssl req -newkey rsa:2048 -nodes -subj "/CN=$name" -keyout "pki/$name-key.pem" -out "$name.csr" 2>>openssl.log
		printf '%s\n' basicConstraints=CA:FALSE keyUsage=critical,digitalSignature,keyEncipherment \
			"extendedKeyUsage=${name}Auth" >"$name.ext"
		openssl x509 -req -in "$name.csr" -days 2 -CA pki/ca-cert.pem -CAkey pki/ca-key.pem -CAcreateserial \
			-extfile "$name.ext" -out "pki/$name-cert.pem" 2>>openssl.log
	done
}

test_vnc_tls_certificates() {
	local vnc=unix:vnc.sock,tls-creds=t0
	make_certificates
	screen_guest -object "tls-creds-x509,id=t0,endpoint=server,dir=$PWD/pki,verify-peer=on"
	works_there 16 7 x509
	matches record.screen 'rrio-guest: end login'
	replays_alone 3
	replay_opens_no_socket
}

# What is sent goes in frames of a web socket's: whole ones with bytes, of a mask that changes nothing.
in_frames() {
	local line text count
	while IFS= read -r line; do
		if [[ $line == 'send '* ]]; then
			text=${line#send } count=${text//\\x??/.} count=${count//\\n/.}
			line="send \\x82$(printf '\\x%02x' $((128 + ${#count})))\\x00\\x00\\x00\\x00$text"
		fi
		printf '%s\n' "$line"
	done
}

# A browser; what it asks for first has no frame. Behind it, one that wants something else.
test_vnc_websocket() {
	local port vnc
	port=$(free_port)
	vnc=127.0.0.1:$((port - 5900)),websocket=$((port + 1))
	screen_guest
	{
		printf '%s\n' 'wait rrio-guest: login' "go tcp:$((port + 1))" 'send GET /nothing HTTP/1.1\r\nHost: here\r\n\r\n' \
			'wait HTTP/1.1 40' leave "go tcp:$((port + 1))"
		printf %s 'send ' 'GET / HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' \
			'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' \
			'Sec-WebSocket-Protocol: binary\r\n\r\n'
		printf '%s\n' '' 'wait HTTP/1.1 101' 'wait s3pPLMBiTxaQ9kYGzzhZRbK+xOo='
		{
			see 7 none | tail -n +2
			log_in_there
			enter 'echo seen >/dev/ttyS0'
			echo 'wait seen'
			enter exit
			echo 'look 500'
		} | in_frames
	} | record_person
	matches record.screen 'rrio-guest: end login'
	replays_alone 3
	replay_opens_no_socket
}
