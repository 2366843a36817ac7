# shellcheck shell=bash disable=SC2154,SC2054
# SPDX-License-Identifier: GPL-2.0-or-later
#
# races.sh - recording and replaying with a librrio.so that has ThreadSanitizer, under the real emulator. QEMU has none:
# what is found are races of librrio.so with itself, ordered or not by the locks and conditions of both. The toy emulator,
# which is instrumented too, has neither iothreads nor rings nor windows: `make test-toy-tsan`.

. "$root/tests/outside/lib.sh"

# The command that runs the emulator so. The runtime of gcc 12 does not know where a kernel of today puts things.
sanitized() { # record|replay
	local runtime
	runtime=$(ldd "$B-tsan/librrio.so" | sed -nE 's/^\s*(libtsan\S+) =>.*/\1/p')
	[[ $runtime ]] || fail "$B-tsan/librrio.so has no ThreadSanitizer; next: make test-races"
	command=(setarch -R env "RRIO_MODE=$1" "RRIO_DIR=$PWD/rec" "LD_LIBRARY_PATH=$B-tsan:$B-tsan/races:$B"
		"LD_PRELOAD=librrio.so jumps.so $runtime"
		"TSAN_OPTIONS=log_path=$PWD/race exitcode=0 report_signal_unsafe=0" "$emulator" "${args[@]}")
}

no_race() { # record|replay
	! compgen -G 'race.*' >races || fail "$1: $(grep -h ^SUMMARY race.* | sort | uniq -c | sort -rn | head -n 3)"
	! grep -hs '^rrio: ' "$1.err" screen >&"$say" || fail "$1 complains"
}

recorded_races() { # COMMAND-BEFORE...
	local command status=0
	sanitized record
	limited "$RUN_LIMIT" "$@" "${command[@]}" >record.out 2>record.err || status=$?
	[[ $status -eq 0 ]] || fail "recording ended with status $status: $(tail -n 1 record.err)"
	matches serial.log 'bare: done'
	mv serial.log record.serial.log
	no_race record
}

replayed_races() {
	local command status=0
	sanitized replay
	limited "$RUN_LIMIT" "${command[@]}" >replay.out 2>replay.err || status=$?
	[[ $status -eq 0 ]] || fail "replay ended with status $status: $(tail -n 1 replay.err)"
	same record.serial.log serial.log
	no_race replay
}

# A disk on an iothread, and the guest's writes to it.
engine() { # AIO SMP
	[[ $1 != io_uring ]] || need_engine io_uring
	command_line bare pc virtio-blk,iothread=t0 qcow2 writable "cache=none,aio=$1" "$2" shift=5
	args+=(-object iothread,id=t0)
	recorded_races </dev/null
	restore_images
	replayed_races
}

test_threads() { engine threads 1; }
test_native() { engine native 2; }
test_io_uring() { engine io_uring 1; }

# Iothreads come and go while the guest works: the RCU thread has something to do, and numbers are given again.
test_iothreads() {
	iothreads_guest 500
	{
		iothreads_at_work 66
		echo 'type {"execute":"quit"}'
	} | recorded_races "$B/person" screen
	replayed_races
}

# Somebody at a VNC display, for whom a thread draws.
test_display() {
	display_guest
	{
		echo 'wait (qemu)'
		see 7
		keys 'some text'
		echo leave
		until_done
		echo 'type quit'
	} | recorded_races "$B/person" screen
	rm -f vnc.sock
	replayed_races
}
