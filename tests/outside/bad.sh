# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bad.sh - what goes wrong outside, which must go wrong as with the bare emulator, and the same way in a replay.

. "$root/tests/outside/lib.sh"

# Records, and has the same done to the bare emulator: the status is the same, and so is whatever on the screen matches.
record_as_bare() { # PATTERN, with the script on stdin
	local status=0
	cat >script
	limited "$RUN_LIMIT" "$B/person" screen "$emulator" "${args[@]}" <script 2>bare.err || status=$?
	[[ $status -eq ${end_status:-0} ]] || fail "the bare emulator ends with status $status"
	! grep '^person: ' bare.err >&"$say" || fail 'what the person waits for does not come from the bare emulator'
	tr -d '\r' <screen | grep -aoE -- "$1" >bare.seen
	rm -f serial.log
	record_person <script
	grep -aoE -- "$1" record.screen >record.seen
	same bare.seen record.seen
}

# The terminal goes away while somebody works there: SIGHUP ends the emulator, which says so.
test_hang_up() {
	login_guest mon:stdio
	{
		log_in
		printf '%s\n' 'type while :; do md5sum /dev/vda; done' 'look 700' 'hang up'
	} | record_as_bare 'login:'
	replays_alone 3
}

# The same, for an emulator that ignores the signal, and finds its terminal gone.
test_hang_up_ignored() {
	local append='rrio.end=wait'
	working_guest -chardev stdio,id=c0,mux=on,signal=off -mon chardev=c0
	trap '' HUP
	args+=(-pidfile pid)
	printf '%s\n' 'wait (qemu)' 'type info status' 'wait running' 'look 300' 'run sleep 2; xargs kill -TERM <pid &' 'hang up' |
		record_as_bare 'VM status: .*'
	trap - HUP
	replays_alone 3
}

# Whoever is connected to the console resets the connection; another one comes.
test_reset() {
	local port
	port=$(free_port)
	login_guest "tcp:127.0.0.1:$port,server=on"
	{
		echo "go tcp:$port"
		log_in
		printf '%s\n' 'type while :; do md5sum /dev/vda; sleep 0.1; done' 'look 500' reset 'look 300' "go tcp:$port" \
			'look 300' 'key 3' 'type echo a""gain' 'wait again' 'type exit' 'look 500'
	} | record_as_bare '^again|end login'
	replays_alone 3
}

# What is no JSON, JSON that is no command, bytes that are no UTF-8, and a client that leaves in the middle of a command.
test_qmp_garbage() {
	local append='rrio.end=wait'
	working_guest -qmp unix:qmp.sock,server=on,wait=off
	cat <<-'PERSON' | record_as_bare '"(QMP|error|class|desc|return|status|event)": ("[^"]*")?'
		go unix:qmp.sock
		wait QMP
		send no json at all\n
		wait error
		send {"execute":"qmp_capabilities"}
		wait return
		send {"execute":"no-such-command"}
		wait CommandNotFound
		send {"execute":"query-\xc3\x28"}
		wait error
		send [[[[[[1,2,{"a"\n}
		wait error
		send \xff\xfe\x80{"execute":
		look 300
		reset
		look 300
		go unix:qmp.sock
		wait QMP
		send {"execute":"qmp_capabilities"}{"execute":"query-status"}
		wait running
		send {"execute":"quit"}
		wait SHUTDOWN
	PERSON
	replays_alone 3
}

# A character whose bytes come one by one, or never all.
test_partial_characters() {
	login_guest mon:stdio
	{
		log_in
		printf '%s\n' 'send echo \xc3' 'look 300' 'send \xa4 \xe2\x82' 'look 300' 'send \n' 'wait #' 'type echo do""ne' \
			'wait done' 'type exit'
	} | record_as_bare '(# echo|^-sh: |^done).*'
	replays_screen 3
}

# The emulator is killed while bytes come in: what there is replays.
test_killed() {
	local status=0
	login_guest mon:stdio -pidfile pid
	{
		log_in
		printf '%s\n' 'type cat' 'look 200' 'paste 40' 'wait line 000030' 'run xargs kill -KILL <pid'
	} >script
	limited "$RUN_LIMIT" "$B/person" screen "$rrio" record -o rec -- qemu-system-x86_64 "${args[@]}" <script 2>record.err ||
		status=$?
	[[ $status -eq 137 ]] || fail "status $status of the killed emulator"
	expect 0 "$rrio" replay rec
	matches err '\[ends-early\]'
	matches out 'pasted line 00000'
}
