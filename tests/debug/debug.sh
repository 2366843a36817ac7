# shellcheck shell=bash disable=SC2154,SC2054,SC2016,SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
#
# debug.sh - gdb at replays that take longer, or need more: Linux, several processors, an aarch64 guest. `make test-debug`

. "$root/tests/debug/lib.sh"

hash_plugin() {
	args+=(-plugin "$B/insnhash.so,mode=once,out=insns.log")
}

# In the kernel: steps, a breakpoint at a place that it comes by again, a watchpoint on what it writes there.
test_linux() {
	local append=nokaslr
	command_line linux pc virtio-blk raw snapshot cache=writeback 1 shift=5,sleep=off
	hash_plugin
	record "${args[@]}"
	look_at --until $(($(final_icount) / 2)) --gdb=unix:gdb.sock
	gdb_says -ex 'stepi 1000' -ex 'hbreak *$pc' -ex continue -ex 'x/3i $pc' -ex 'info registers' -ex 'stepi 1000' -ex delete \
		-ex 'watch *(long *)($rsp - 64)' -ex continue -ex continue -ex 'info threads' -ex delete -ex continue
	matches gdb.out '^Breakpoint 1, 0xffffffff'
	[[ $(grep -c '^New value = ' gdb.out) -eq 2 ]] || fail 'not two hits of the watchpoint'
	matches gdb.out 'exited normally'
	looked_exact
}

# gdb comes while the guest runs, lets it go on, interrupts it, and leaves; then a monitor stops it and lets it go on.
test_attach() {
	local i
	command_line linux pc virtio-blk raw snapshot cache=writeback 1 shift=5,sleep=off
	hash_plugin
	record "${args[@]}"
	"$rrio" replay rec -- -gdb unix:gdb.sock -monitor unix:hmp.sock >looked.out 2>looked.err </dev/null {say}>&- &
	looked=$!
	for ((i = 0; i < 300; i++)); do
		[[ ! -S gdb.sock ]] || break
		sleep 0.1
	done
	sleep 1
	timeout --foreground -s INT 4 gdb -nx -batch -ex 'set pagination off' -ex "target remote $PWD/gdb.sock" -ex 'stepi 10' \
		-ex continue -ex 'info registers rip' -ex detach >gdb.out 2>&1 </dev/null || :
	matches gdb.out 'received signal SIGINT'
	matches gdb.out '^rip '
	matches gdb.out 'detached'
	printf '%s\n' stop 'info status' cont 'info status' | timeout 20 socat -t 3 - "UNIX-CONNECT:$PWD/hmp.sock" >hmp.out
	matches hmp.out 'VM status: paused'
	looked_exact
}

# Each processor in turn, while the others go on; places within their slices; all with the same order as recorded.
processors() { # NUMBER ICOUNT
	local at last
	command_line bare pc virtio-blk raw snapshot cache=writeback "$1" "$2"
	hash_plugin
	record "${args[@]}"
	last=$(final_icount)
	for at in $((last / 5)) $((last / 3)) $((last / 2)) $((last * 2 / 3 / 1000000 * 1000000)); do
		look_at --until $at --gdb=unix:gdb.sock
		matches looked.err "stands at guest instruction $at, "
		gdb_says -ex 'info threads' -ex 'stepi 300' -ex "thread $1" -ex 'stepi 300' \
			-ex "hbreak *0x$(nm "$guests/bare.elf" | awk '$3 == "disk_submit" { print $1 }')" -ex continue \
			-ex 'thread 2' -ex 'stepi 100' -ex delete -ex continue
		matches gdb.out 'exited normally'
		looked_exact
	done
}

test_processors_2() {
	processors 2 shift=5,sleep=off
}

test_processors_4() {
	processors 4 shift=auto
}

test_processors_short_slices() {
	processors 3 shift=0,sleep=off
}

# The whole of an aarch64 guest's run, with symbols.
test_arm() {
	local gdb=gdb-multiarch
	[[ -e $guests/arm.elf ]] || fail "$guests/arm.elf is missing; run: make guest-arm"
	"$rrio" record -o rec -- qemu-system-aarch64 -M virt -cpu cortex-a57 -m 64 -icount shift=5,sleep=off -nodefaults \
		-display none -serial file:serial.log -kernel "$guests/arm.elf" \
		-plugin "$B/insnhash.so,mode=once,out=insns.log" >record.out 2>record.err || fail "$(tail -n 1 record.err)"
	keep_results record
	matches record.serial.log '^28 [0-9a-f]{16}$'
	look_at --gdb=unix:gdb.sock
	gdb_says -ex "file $guests/arm.elf" -ex 'hbreak interrupt' -ex continue -ex continue -ex delete -ex 'stepi 1000' \
		-ex 'watch *(long *)&ticks' -ex continue -ex continue -ex delete -ex 'set $x0 = 1' \
		-ex 'set *(int *)0x40080000 = 1' -ex 'x/2x 0x09000000' -ex 'bt 1' -ex continue
	[[ $(grep -c '^Breakpoint 1, interrupt' gdb.out) -ge 2 ]] || fail "breakpoints: $(tail -n 3 gdb.out)"
	matches gdb.out '^New value = 2$|^New value = 3$'
	matches gdb.out 'Could not write register "x0"'
	matches gdb.out 'Cannot access memory at address 0x9000000'
	matches gdb.out 'exited normally'
	looked_exact
}
