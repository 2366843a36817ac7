# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# load.sh - many runs while other work keeps both cores busy: what depends on the host's timing shows here first.
# TEST_LOAD is the number of runs (make test-load: 20).

runs=${TEST_LOAD:-2}

# Work for both cores until the case ends, however it ends.
keep_busy() {
	local i
	busy=()
	for i in 1 2; do
		while :; do :; done {say}>&- &
		busy+=($!)
	done
	trap 'kill "${busy[@]}"' EXIT
}

test_linux() {
	command_line linux pc virtio-blk raw snapshot cache=writeback 1 shift=5,sleep=off
	record "${args[@]}"
	keep_busy
	replays "$runs"
}

test_linux_smp() {
	command_line linux pc virtio-blk qcow2 writable cache=writeback 4 shift=auto
	keep_busy
	record "${args[@]}"
	replays "$runs"
}

# qcow2's cache cleaning is a timer on the guest's clock that only the main loop runs: recording and replay both meet
# the moment where the vCPU thread waits for it (a stall) again and again.
test_cache_clean() {
	local i
	command_line linux pc virtio-blk qcow2 writable cache=writeback,cache-clean-interval=2 \
		1 shift=5,sleep=off
	for ((i = 1; i <= runs; i++)); do
		rm -rf rec record.*
		record "${args[@]}"
		replay "$i"
	done
}

# Killed at any instant, a recording replays to its last turn: what the guest had said until there, and no more.
test_killed() {
	# shellcheck disable=SC2034 # command_line takes append
	local i pid shorter append=requests=20000 killed=0
	command_line bare pc virtio-blk raw snapshot cache=writeback 1 shift=5,sleep=off
	for ((i = 1; i <= runs + 3; i++)); do
		rm -rf rec serial.log
		"$rrio" record -o rec -- qemu-system-x86_64 "${args[@]}" 2>/dev/null &
		pid=$!
		until [[ -s serial.log ]]; do sleep 0.02; done
		sleep "0.$((RANDOM % 900 + 10))"
		kill -KILL $pid
		! wait $pid || fail "the emulator had ended before it was killed"
		mv serial.log killed.log
		expect 0 "$rrio" replay rec
		matches err '^rrio: the recording .* ends early'
		shorter=$(stat -c %s serial.log)
		cmp -n "$shorter" serial.log killed.log || fail "run $i: the replay says something else than the recording"
		killed=$((killed + 1))
	done
	[[ $killed -ge $runs ]] || fail "only $killed runs were killed"
}

# Busy cores, a disk that is slower at times, and threads moved from core to core all the while: recorded so, replayed
# so three times. TEST_SOAK is the number of recordings, TEST_SOAK_JOBS how many are made at a time (make test-soak: 100,
# 4): more than one keep the cores busy themselves.
test_soak() {
	local job jobs=${TEST_SOAK_JOBS:-1} pids=() failed=0
	busy=()
	[[ $jobs -gt 1 ]] || keep_busy
	keep_moving
	for ((job = 0; job < jobs; job++)); do
		mkdir "job.$job"
		(cd "job.$job" && trap - EXIT && soak "$job" "$jobs") &
		pids+=($!)
	done
	for job in "${pids[@]}"; do
		wait "$job" || failed=1
	done
	[[ $failed -eq 0 ]] || fail 'one of the recordings or replays differs or ended early; its folder: job.*'
}

soak() { # FIRST STEP
	local i settings=('1 shift=5,sleep=off' '2 shift=auto' '1 shift=auto' '4 shift=5,sleep=off') setting device
	for ((i = $1; i < ${TEST_SOAK:-1}; i += $2)); do
		rm -rf rec record.* replay.*
		read -r -a setting <<<"${settings[(i + i / 4) % 4]}"
		device=virtio-blk
		[[ $((i % 3)) -ne 1 ]] || device=ide
		command_line linux pc "$device" qcow2 writable \
			"cache=none,throttling.iops-total=$((400 + RANDOM % 4000))" "${setting[@]}"
		record "${args[@]}"
		replays 3
		echo "recording $((i + 1)): 3 replays are the same"
	done
}

# Moves the emulator's threads between the cores, or ties all of them to one, until the case ends.
keep_moving() {
	while :; do
		for pid in $(pgrep -f "file=(disk|$PWD)[^ ]*qcow2" || :); do
			taskset -a -c -p "$((RANDOM % 2))" "$pid" >/dev/null 2>&1 || :
			sleep 0.3
			taskset -a -c -p 0,1 "$pid" >/dev/null 2>&1 || :
		done
		sleep 0.2
	done {say}>&- &
	busy+=($!)
	trap 'kill "${busy[@]}"' EXIT
}
