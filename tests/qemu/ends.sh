# shellcheck shell=bash disable=SC2154,SC2034,SC2054
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ends.sh - however the emulator ends, recording or replaying, its journal is whole or readable, and no process is left.
# The toy emulator's cases try abort, _exit, exit, fork and dlclose in the middle of the guest's work (tests/toy/toy.sh).

# The bare guest at work; its recorder's process id is in $pid. With $group, that is a process of the control group.
start_working() { # OPTIONS...
	local append=${append-end=none requests=20}
	command_line bare pc virtio-blk raw snapshot cache=writeback 1 shift=5
	rm -rf rec serial.log
	(
		[[ -z ${group-} ]] || echo "$BASHPID" >"$group/cgroup.procs"
		LD_LIBRARY_PATH=$B LD_PRELOAD=librrio.so RRIO_DIR=$PWD/rec exec qemu-system-x86_64 "${args[@]}" "$@"
	) >record.out 2>record.err {say}>&- &
	pid=$!
}

# Until it has done its work and idles.
start_idle() { # OPTIONS...
	start_working "$@"
	await_done "$pid"
}

await_done() { # PID
	local i
	for ((i = 0; i < RUN_LIMIT * 20; i++)); do
		! grep -qF 'bare: done' serial.log 2>/dev/null || return 0
		kill -0 "$1" 2>/dev/null || fail "ended early: $(tail -n 1 record.err)"
		sleep 0.05
	done
	kill -KILL "$1"
	fail 'the guest does not come to its end'
}

# Waits for the process; its status is in $status.
ended() { # PID
	status=0
	await "$1" 30 'the emulator after its signal'
	wait "$1" 2>/dev/null || status=$?
}

no_process_left() {
	! pgrep -f "file=$PWD/|$PWD/rec" >left || fail "processes are left: $(paste -sd ' ' left)"
	! pgrep -r Z -P $$ >left || fail "zombies are left: $(paste -sd ' ' left)"
}

test_signals_while_recording() {
	local signal status pid
	for signal in TERM INT HUP; do
		start_idle
		kill -"$signal" "$pid"
		ended "$pid"
		[[ $status -eq 0 ]] || fail "SIG$signal: recording ended with status $status: $(tail -n 1 record.err)"
		matches record.err "terminating on signal"
		"$B/rrio-inspect" verify rec >verified || fail "SIG$signal: $(tail -n 1 verified)"
		mv serial.log record.serial.log
		replay "SIG$signal"
		no_process_left
	done
}

# Nothing could be done: what was committed is there, and replays to its last turn.
replays_until_killed() { # WHAT
	[[ $status -gt 128 ]] || fail "$1: status $status"
	expect 0 "$rrio" replay rec
	matches err '^rrio: the recording .* ends early.*\[ends-early\]'
	no_process_left
}

test_killed_while_recording() {
	local signal status pid
	for signal in ABRT KILL SEGV; do
		start_idle
		kill -"$signal" "$pid"
		ended "$pid"
		replays_until_killed "SIG$signal"
	done
}

# A control group of so much memory and no swap, in the nearest one above this process that takes it: its folder is in
# $group, the file that counts whom the kernel has killed there in $kills. Both versions of control groups.
limited_group() { # BYTES
	local root=/sys/fs/cgroup/memory limit=memory.limit_in_bytes swap=memory.swappiness path
	path=$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)
	kills=memory.oom_control
	if [[ ! -d $root ]]; then
		root=${root%/*} limit=memory.max swap=memory.swap.max kills=memory.events
		path=$(sed -n 's/^0:://p' /proc/self/cgroup)
	fi
	trap leave_group EXIT
	for (( ; ; )); do
		path=${path%/} group=$root${path%/}/rrio-test-$$
		! { mkdir "$group" && echo "$1" >"$group/$limit"; } 2>/dev/null || break
		leave_group
		[[ $path ]] || skip "no group with a memory limit can be made in $root: it takes root, or a delegated group"
		path=${path%/*}
	done
	[[ ! -e $group/$swap ]] || echo 0 >"$group/$swap"
}

leave_group() {
	local i
	for ((i = 0; i < 100; i++)); do
		[[ -d $group ]] || return 0
		xargs -r kill -KILL <"$group/cgroup.procs" 2>/dev/null || :
		rmdir "$group" 2>/dev/null || sleep 0.05
	done
}

# The kernel kills it, in the middle of the guest's work and of a command that takes more memory than there is.
test_out_of_memory() {
	local append='end=none requests=4000' status pid
	limited_group 256M
	mkfifo say.in say.out
	start_working -monitor pipe:say
	echo 'object_add memory-backend-ram,id=m0,size=512M,prealloc=on' >say.in
	ended "$pid"
	grep -qE '^oom_kill [1-9]' "$group/$kills" || fail "the kernel has not killed it: $(tail -n 1 record.err)"
	replays_until_killed 'out of memory'
}

# In the middle of the guest's work: the replay says that it was stopped, and dies of the signal.
test_signals_while_replaying() {
	local signal status pid append='end=none requests=4000'
	start_idle
	kill -KILL "$pid"
	ended "$pid"
	for signal in TERM INT HUP; do
		rm -f serial.log
		# The emulator's own process.
		LD_LIBRARY_PATH=$B LD_PRELOAD=librrio.so RRIO_MODE=replay RRIO_DIR=$PWD/rec \
			qemu-system-x86_64 "${args[@]}" >replay.out 2>replay.err {say}>&- &
		pid=$!
		until [[ -s serial.log ]] || ! kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
		kill -"$signal" "$pid" || fail "SIG$signal: ended early: $(tail -n 1 replay.err)"
		ended "$pid"
		[[ $status -eq $((128 + $(kill -l "$signal"))) ]] || fail "SIG$signal: status $status: $(tail -n 1 replay.err)"
		matches replay.err '^rrio: .*\[replay-stopped\]$'
	done
	expect 0 "$rrio" replay rec
	no_process_left
}

# A program that the emulator starts in the middle of it all, and that fails: it is no part of the recording, but how it
# ended is. The replay does not start it.
test_helper() {
	local status pid i
	printf '#!/bin/sh\necho "$@" >>helper.log\nexit 3\n' >helper
	chmod +x helper
	mkfifo say.in say.out
	start_idle -monitor pipe:say
	echo 'netdev_add bridge,id=n1,br=br0,helper=./helper' >say.in
	for ((i = 0; i < 100; i++)); do
		[[ ! -s helper.log ]] || break
		sleep 0.05
	done
	echo quit >say.in
	ended "$pid"
	[[ $status -eq 0 ]] || fail "recording ended with status $status: $(tail -n 1 record.err)"
	"$B/rrio-inspect" verify rec >verified || fail "$(tail -n 1 verified)"
	"$B/rrio-inspect" dump rec type=input >dumped
	matches dumped 'waitpid, result 1$'
	mv serial.log record.serial.log
	replay 'with a helper'
	[[ $(wc -l <helper.log) -eq 1 ]] || fail "the helper has been started $(wc -l <helper.log) times"
	no_process_left
}

# Waits for the daemon's end; the guest's output is in serial.log then.
await_daemon() {
	local daemon i
	daemon=$(<pid)
	for ((i = 0; i < 600; i++)); do
		[[ -e /proc/$daemon/exe ]] || break
		sleep 0.05
	done
	[[ ! -e /proc/$daemon/exe ]] || fail 'the daemon does not end'
	matches serial.log 'bare: done'
	rm -f pid
}

# -daemonize forks at the start: the child is the one that is recorded, and writes its journal to the end; and the one
# that replays it.
test_daemonize() {
	command_line bare pc virtio-blk raw snapshot cache=writeback 1 shift=5
	expect 0 env LD_LIBRARY_PATH="$B" LD_PRELOAD=librrio.so RRIO_DIR="$PWD/rec" \
		qemu-system-x86_64 "${args[@]/file:serial.log/file:$PWD/serial.log}" -daemonize -pidfile "$PWD/pid"
	await_daemon
	"$B/rrio-inspect" verify rec >verified || fail "$(tail -n 1 verified)"
	matches verified 'replayed to its end'
	mv serial.log recorded.log
	expect 0 "$rrio" replay rec
	await_daemon
	same recorded.log serial.log
	[[ ! -e rec/divergence.json ]] || fail 'the replay differs'
	no_process_left
}

# Ended before the main loop has begun: nothing is left, or what is left can be read.
test_no_main_loop() {
	command_line bare pc virtio-blk raw snapshot cache=writeback 1 shift=5
	expect 1 env LD_LIBRARY_PATH="$B" LD_PRELOAD=librrio.so RRIO_DIR="$PWD/rec" \
		qemu-system-x86_64 "${args[@]}" -device nothing-of-that-name
	[[ ! -e rec/journal ]] || "$B/rrio-inspect" verify rec >verified || [[ $? -le 1 ]] || fail "$(tail -n 1 verified)"
	no_process_left
}

# What comes in past the recording is named, once, and noted; the guest goes on.
test_uncontrolled() {
	local pid server
	truncate -s 1M nbd.raw
	qemu-nbd --socket="$PWD/nbd.sock" --format=raw nbd.raw {say}>&- &
	server=$!
	for ((i = 0; i < 200; i++)); do
		[[ ! -S nbd.sock ]] || break
		sleep 0.05
	done
	start_idle -drive if=none,id=n0,format=raw,file=nbd:unix:nbd.sock
	kill -TERM "$pid"
	ended "$pid"
	wait "$server" || :
	[[ $(grep -c '(thread-nbd-connect) \[uncontrolled\]' record.err) -eq 1 ]] ||
		fail "not said once: $(grep -m 3 '^rrio' record.err)"
	matches record.err '^rrio: warning: a thread nbd-connect'
	"$B/rrio-inspect" dump rec >dumped
	matches dumped 'thread-nbd-connect: a thread nbd-connect'
}
