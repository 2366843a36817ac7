# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lib.sh - what cases that look at a replay are written with. Sourced behind tests/qemu/lib.sh.

# The instruction that a request is released at, by its turn; a turn's; the last one.
icount_of() { # REQUEST
	"$B/rrio-inspect" dump -o ndjson rec "r$1" | jq -r 'select(.type == "request") | .icount'
}

turn_icount() { # TURN
	"$B/rrio-inspect" dump -o ndjson rec "t$1" | jq -r 'select(.type == "turn") | .icount'
}

final_icount() {
	"$B/rrio-inspect" dump -o ndjson rec end-1 | jq -r 'select(.type == "end") | .icount'
}

# Starts a replay that somebody looks at, as a command line, and waits until it stands (or, second argument, says that).
look() { # COMMAND [PATTERN]
	local i
	rm -f serial.log insns.log
	bash -c "exec $1" >looked.out 2>looked.err </dev/null {say}>&- &
	looked=$!
	for ((i = 0; i < 600; i++)); do
		! grep -qE -- "${2-stands at guest instruction}" looked.err || return 0
		kill -0 "$looked" 2>/dev/null || fail "the replay has ended: $(tail -n 1 looked.err)"
		sleep 0.1
	done
	fail "the replay does not come to its stop: $(tail -n 1 looked.err)"
}

# shellcheck disable=SC2120 # a pattern is for other files
look_at() { # WORDS... of rrio replay, but for the recording
	local before=() word
	for word; do
		[[ $word != -- ]] || break
		before+=("$word")
	done
	look "$(printf '%q ' "$rrio" replay "${before[@]}" rec "${@:${#before[@]}+1}")"
}

gdb_says() { # WORDS...: what gdb does at gdb.sock
	timeout 120 "${gdb-gdb}" -nx -batch -ex 'set pagination off' -ex 'set confirm off' \
		-ex "target remote $PWD/gdb.sock" "$@" >gdb.out 2>&1 </dev/null || [[ $? -ne 124 ]] || fail "gdb hangs: $(tail -n 1 gdb.out)"
}

# The replay goes on to its end, and is the recorded run.
looked_exact() {
	local file
	await "$looked" "$RUN_LIMIT" replay
	wait "$looked" || fail "the replay ends with status $?: $(tail -n 1 looked.err)"
	for file in record.*.log; do
		same "$file" "${file#record.}"
	done
	! grep -E 'diverged|hangs' looked.err || fail "$(grep -E -m 1 'diverged|hangs' looked.err)"
}
