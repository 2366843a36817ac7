# shellcheck shell=bash disable=SC2154,SC2054
# SPDX-License-Identifier: GPL-2.0-or-later
#
# debug.sh - a replay that one looks at: stops at a place, the line that says how far it is, gdb and monitors. All with
# the bare guest; `make test-debug` adds Linux, several processors and an aarch64 guest.

debug_recording() { # SMP ICOUNT
	command_line bare pc virtio-blk raw snapshot cache=writeback "$1" "$2"
	record "${args[@]}" -plugin "$B/insnhash.so,out=insns.log"
}

# The instruction that a request is released at, by its turn.
icount_of() { # REQUEST
	"$B/rrio-inspect" dump -o ndjson rec "r$1" | jq -r 'select(.type == "request") | .icount'
}

final_icount() {
	"$B/rrio-inspect" dump -o ndjson rec end-1 | jq -r 'select(.type == "end") | .icount'
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
	debug_recording 1 shift=5,sleep=off
	last=$(final_icount)
	at=$((last / 2))
	stops_at "$at" --until "$at"
	cmp -n "$(stat -c %s serial.log)" serial.log record.serial.log || fail 'the guest says something else'
	stops_at 1000000 --until 1M
	stops_at 1250000 --until=1.25Mi
	request=150
	at=$(icount_of $request)
	[[ $at -gt 0 && $at -lt $last ]] || fail "request $request is released at $at of $last"
	stops_at "$at" --until request $request
	stops_at "$at" --until r$request
	cp err by-request
	stops_at "$at" --until "request:$request"
	same by-request err
	stops_at "$last" --until "$last"
	stops_at "$(turn_icount 200)" --until turn 200
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

turn_icount() { # TURN
	"$B/rrio-inspect" dump -o ndjson rec "t$1" | jq -r 'select(.type == "turn") | .icount'
}

# Nothing without a terminal; with one a line that ends in nothing, and none where the terminal cannot clear it.
test_speed() {
	debug_recording 1 shift=5,sleep=off
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

# A replay slow enough to see it: the plugin's log of all blocks goes nowhere.
on_terminal() { # TERM
	expect 0 env TERM="$1" script -qec "stty -opost; $(printf '%q ' "$rrio" replay --speed rec -- -d exec -D /dev/null)" /dev/null
}
