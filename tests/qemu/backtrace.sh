# shellcheck shell=bash disable=SC2154,SC2054
# SPDX-License-Identifier: GPL-2.0-or-later
#
# backtrace.sh - RRIO_BACKTRACE=1: the calls through which requests are submitted, on each engine.

recorded_with_stacks() { # AIO
	command_line bare pc virtio-blk raw snapshot "cache=none,aio=$1" 1 shift=5,sleep=off
	RRIO_BACKTRACE=1 record "${args[@]}"
	replays 1
	expect 0 "$B/rrio-inspect" dump -o ndjson rec
	jq -es '[.[] | select(.type == "request")] | length > 9 and all(.stack > 0)' out >/dev/null ||
		fail 'a request has no stack'
	[[ $(jq -s '[.[] | select(.type == "stack")] | length' out) -lt 60 ]] || fail 'the same chain more than once'
	jq -r 'select(.type == "stack").frames[]' out >frames
	matches frames '^bdrv_co_p(read|write)v'
	! grep librrio frames || fail 'our own calls are in it'
}

test_threads() {
	recorded_with_stacks threads
	matches frames '^thread_pool_submit'
}

test_io_uring() {
	recorded_with_stacks io_uring
}

test_native() {
	recorded_with_stacks native
}

test_off() {
	command_line bare pc virtio-blk raw snapshot cache=writeback 1 shift=5,sleep=off
	record "${args[@]}"
	expect 0 "$B/rrio-inspect" dump -o ndjson rec
	! grep -q '"stack"' out || fail 'stacks are recorded although nobody wants them'
	expect 2 env RRIO_BACKTRACE=yes "$rrio" record -o other -- qemu-system-x86_64 "${args[@]}"
	one_line 'RRIO_BACKTRACE.*0, 1'
}
