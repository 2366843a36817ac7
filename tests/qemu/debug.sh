# shellcheck shell=bash disable=SC2154,SC2054,SC2016
# SPDX-License-Identifier: GPL-2.0-or-later
#
# debug.sh - a replay that one looks at: stops at a place, the line that says how far it is, gdb, monitors, and what
# rrio-inspect goto prints. All with the bare guest; tests/debug has other guests.

. "$root/tests/debug/lib.sh"

debug_recording() {
	command_line bare pc virtio-blk raw snapshot cache=writeback 1 shift=5,sleep=off
	record "${args[@]}" -plugin "$B/insnhash.so,mode=once,out=insns.log"
}

stops_at() { # INSTRUCTION WORDS...
	local at=$1
	shift
	expect 0 "$rrio" replay "$@" rec
	one_line "stops at guest instruction $at, after turn .* \[until\]"
}

# Every way to name a place; and what the guest has said until there is the beginning of what it says.
test_until() {
	local last request at
	debug_recording
	last=$(final_icount)
	at=$((last / 2))
	stops_at "$at" --until "$at"
	cmp -n "$(stat -c %s serial.log)" serial.log record.serial.log || fail 'the guest says something else'
	stops_at 1250000 --until=1.25Mi
	request=150
	at=$(icount_of $request)
	[[ $at -gt 0 && $at -lt $last ]] || fail "request $request is released at $at of $last"
	stops_at "$at" --until request $request
	cp err by-request
	stops_at "$at" --until r$request
	same by-request err
	stops_at "$(turn_icount 200)" --until turn:200
	expect 0 "$rrio" replay --until end rec
	[[ ! -s err ]] || fail "replay to the end says: $(cat err)"
	same serial.log record.serial.log
	expect 2 "$rrio" replay --until $((last + 1)) rec
	one_line "there is no instruction $((last + 1)).*ends at instruction $last"
	expect 2 "$rrio" replay --until r999999 rec
	one_line 'there is no request 999999'
	expect 2 env RRIO_UNTIL=5 RRIO_MODE=record LD_LIBRARY_PATH="$B" LD_PRELOAD=librrio.so qemu-system-x86_64 "${args[@]}"
	one_line 'replay-only'
}

# Nothing without a terminal; with one a line that ends in nothing, and none where the terminal cannot clear it.
test_speed() {
	debug_recording
	expect 0 "$rrio" replay --speed rec
	[[ ! -s err ]] || fail "without a terminal: $(cat err)"
	same serial.log record.serial.log
	on_terminal xterm
	matches out 'rrio: [0-9.]+[kMG]? of [0-9.]+[kMG]? instructions, [0-9]+ %, [0-9.]+[kMG]?/s'
	[[ $(grep -c $'\033\\[[0-9;]*m' out) -eq 0 ]] || fail 'colours, although NO_COLOR is set'
	tail -c 4 out | grep -q $'\r\033\\[K' || fail "the line stays behind: $(tail -c 80 out | od -c | tail -n 3)"
	on_terminal dumb
	[[ ! -s out ]] || fail "a dumb terminal shows: $(cat out)"
}

# A replay of a few seconds, so that there is something to see: the emulator's log of all blocks, which goes nowhere.
on_terminal() { # TERM
	expect 0 env TERM="$1" script -qec "stty -opost; $(printf '%q ' "$rrio" replay --speed rec -- -d exec,nochain -D /dev/null)" /dev/null
}

address_of() { # SYMBOL
	printf '0x%s' "$(nm "$guests/bare.elf" | awk -v name="$1" '$3 == name { print $1 }')"
}

# Breakpoints, 1,000 steps, a watchpoint, what is refused; then to the end, which is the same.
test_gdb() {
	debug_recording
	look_at --until $(($(final_icount) / 3)) --gdb=unix:gdb.sock
	gdb_says -ex "hbreak *$(address_of disk_submit)" -ex continue -ex continue -ex delete -ex 'stepi 1000' \
		-ex "watch *(int *)$(address_of collected)" -ex continue -ex delete -ex 'set $eax = 1' \
		-ex "set *(int *)$(address_of collected) = 1" -ex 'x/x 0xfee00020' -ex 'monitor info status' \
		-ex 'monitor system_reset' -ex 'monitor cont' -ex 'stepi 500' -ex continue
	[[ $(grep -c '^Breakpoint 1, ' gdb.out) -eq 2 ]] || fail "not two breakpoints: $(tail -n 3 gdb.out)"
	matches gdb.out '^New value = '
	matches gdb.out 'Could not write register "rax"; .*could change the guest'
	matches gdb.out 'Cannot access memory at address 0xfee00020'
	matches gdb.out '^VM status: paused'
	matches gdb.out '^system_reset could change the guest'
	matches gdb.out '^gdb has a command of its own'
	matches gdb.out 'exited normally'
	looked_exact
	[[ $(grep -c '\[refused\]' looked.err) -ge 3 ]] || fail "refused: $(cat looked.err)"
}

# Before the first instruction, from where gdb ends it; and one that goes away without a word.
test_gdb_ends() {
	debug_recording
	look_at --gdb=unix:gdb.sock
	matches looked.err 'stands at guest instruction 0, '
	gdb_says -ex 'stepi 10' -ex disconnect
	matches looked.err 'stands at guest instruction 10, '
	gdb_says -ex 'info registers' -ex kill
	await "$looked" 60 replay
	wait "$looked" || fail "status $? after kill: $(tail -n 1 looked.err)"
	matches looked.err 'is ended by gdb, at guest instruction 10, .*\[ended-by-gdb\]'
}

qmp() { # LINES...
	printf '%s\n' '{"execute":"qmp_capabilities"}' "$@" | timeout 20 socat -t 2 - "UNIX-CONNECT:$PWD/qmp.sock" >qmp.out
}

hmp() { # LINES...
	printf '%s\n' "$@" | timeout 20 socat -t 2 - "UNIX-CONNECT:$PWD/hmp.sock" >hmp.out
}

# Both kinds of monitor: what they show, what they refuse, what is no command; then on, and the end is the same.
test_monitors() {
	debug_recording
	look_at --until $(($(final_icount) / 2)) --monitor unix:hmp.sock -- -qmp unix:qmp.sock,server=on,wait=off
	qmp '{"execute":"query-status","id":7}' '{"execute":"system_reset"}' '{"execute":"stop"' '{"execute":"block_resize"}' \
		'{"execute":"human-monitor-command","arguments":{"command-line":"info registers"}}' \
		'{"execute":"human-monitor-command","arguments":{"command-line":"device_add x"}}' '{"execute":"query-block"}'
	matches qmp.out '"status": "paused".*"id": 7'
	matches qmp.out 'system_reset could change the guest'
	matches qmp.out 'block_resize could change the guest'
	matches qmp.out 'device_add x could change the guest'
	matches qmp.out 'JSON parse error'
	matches qmp.out 'EIP='
	matches qmp.out '"device": "d0"'
	hmp 'info status' 'xp /x 0xfee00020' 'info qtree' 'migrate tcp:nowhere:1' 'info   snapshots' 'o /b 0x80 1' cont
	matches hmp.out 'VM status: paused'
	matches hmp.out 'Cannot access memory'
	matches hmp.out 'virtio-blk-pci'
	matches hmp.out 'migrate tcp:nowhere:1 could change the guest'
	matches hmp.out 'info   snapshots could change the guest'
	matches hmp.out 'o /b 0x80 1 could change the guest'
	looked_exact
	[[ ! -e qmp.sock && ! -e hmp.sock ]] || fail 'the sockets stay behind'
}

# What goto prints is typed as it is, but for the port, which another case may have.
test_goto() {
	local port=$((20000 + RANDOM % 10000)) at
	debug_recording
	at=$(icount_of 150)
	PATH=$root/scripts:$B:$PATH
	expect 0 rrio-inspect goto rec r150
	sed "s/\b1234\b/$port/" out >plan
	look "$(grep -- '--gdb' plan)"
	matches looked.err "stands at guest instruction $((at - 1)), .*: gdb -ex 'target remote localhost:$port'"
	expect 0 bash -c "$(grep '^gdb ' plan) -nx -batch -ex stepi -ex continue </dev/null"
	matches out 'exited normally'
	looked_exact
	look "$(grep -- '-qmp' plan)"
	expect 0 bash -c "$(grep '^printf' plan)"
	matches out '"status": "paused"'
	looked_exact
	expect 0 bash -c "$(grep '^rrio-inspect dump' plan)"
	matches out '^ *150 '
}
