# shellcheck shell=bash disable=SC2154,SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
#
# linux.sh - cases of the Linux guest that need more than a line of cases.list.

# SIGTERM from outside, while the guest waits: the replay must end by itself, at the same instruction.
test_sigterm() {
	local append=rrio.end=wait pid status=0
	command_line linux pc virtio-blk raw snapshot cache=writeback 1 shift=5,sleep=off
	"$rrio" record -o rec -- qemu-system-x86_64 "${args[@]}" >record.out 2>record.err {say}>&- &
	pid=$!
	await_line serial.log 'rrio-guest: waiting' "$pid"
	kill -TERM "$pid"
	await "$pid" 60 "recording after SIGTERM"
	wait "$pid" || status=$?
	[[ $status -eq 0 ]] || fail "recording ended with status $status: $(tail -n 1 record.err)"
	keep_results record
	replays 2
}

await_line() { # FILE TEXT PID
	local i
	for ((i = 0; i < RUN_LIMIT * 10; i++)); do
		! grep -qF -- "$2" "$1" 2>/dev/null || return 0
		kill -0 "$3" 2>/dev/null || fail "ended without: $2; its last words: $(tail -n 1 record.err)"
		sleep 0.1
	done
	kill -KILL "$3"
	fail "no line of $1 in $RUN_LIMIT s: $2"
}
