# shellcheck shell=bash disable=SC2154,SC2054,SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
#
# errors.sh - a host whose disk I/O fails, falls short, is interrupted or comes late while it is recorded (tests/faults),
# and is in good health when that is replayed: the guest meets the same errors at the same instructions.

declare -A engines=([threads]=cache=writeback [native]=cache=none,aio=native [io_uring]=cache=writeback,aio=io_uring)

# Records the command line in args with these faults in the host's answers about the case's disk; FAULTS_LOG has them.
record_with() { # FAULTS ARGUMENTS...
	local LD_LIBRARY_PATH=$B LD_PRELOAD=faults.so FAULTS="file=$PWD/disk.;$1" FAULTS_LOG=$PWD/faults.log
	export LD_LIBRARY_PATH LD_PRELOAD FAULTS FAULTS_LOG
	rm -f faults.log
	record "${@:2}"
	[[ -s faults.log ]] || fail "nothing went wrong: no request met the faults $1"
}

# The bare guest on a disk of its own, which it writes to; recorded with the faults, replayed without them. That leaves
# the disk as the recording left it.
weather() { # ENGINE DEVICE FORMAT FAULTS WHAT-THE-GUEST-MUST-HAVE-SAID
	local append=${append:-errors requests=100}
	rm -rf rec record.* disk.*
	command_line bare pc "$2" "$3" writable "${engines[$1]},werror=report,rerror=report" 1 shift=5,sleep=off
	echo "$1, $2, $3: $4"
	record_with "$4" "${args[@]}"
	matches record.serial.log "$5"
	cp "disk.$3" recorded
	replays 1
	same recorded "disk.$3"
}

everywhere() { # DEVICE FORMAT FAULTS WHAT-THE-GUEST-MUST-HAVE-SAID
	local engine
	for engine in threads native io_uring; do
		weather "$engine" "$@"
	done
}

fine='bare: 0 requests failed, 0 with wrong data'

test_read_error() {
	everywhere virtio-blk raw 'read:error=EIO:when=60+7' 'read .* failed'
	weather threads virtio-scsi qcow2 'read:error=EIO:when=60+7' 'read .* failed'
}

# Also while the image's content is sampled.
test_first_read_error() {
	weather threads virtio-blk raw 'read:error=EIO:when=1..20+' 'read .* failed'
}

test_write_error() {
	everywhere virtio-blk raw 'write:error=ENOSPC:when=5+3' 'write .* failed'
	everywhere virtio-blk qcow2 'write:error=EIO:when=15+4' 'write .* failed'
}

# After the first flush that fails QEMU's later ones fail without a system call, where the page cache is used.
test_flush_error() {
	everywhere virtio-blk raw 'flush:error=EIO:when=2' ' failed'
	weather threads virtio-blk,ioeventfd=off raw 'flush:error=EIO:when=2' ' failed'
}

# The calls of each read move its bytes once, also where they fell short of a transfer in parts.
no_byte_twice() {
	local twice
	twice=$("$B/rrio-inspect" dump -o ndjson rec | jq -c 'select(.op == "read" and ([.res, .results[]?] | add) > .len)')
	[[ -z $twice ]] || fail "read more than was asked for: $twice"
}

# Linux AIO's short transfers are the file's end to QEMU; io_uring's short writes too.
test_short() {
	weather threads virtio-blk raw 'read:short=2048:when=60+' "$fine"
	no_byte_twice
	weather threads virtio-blk raw 'read:short=512:when=60+3;write:short=1024:when=2+2' "$fine"
	weather native virtio-blk raw 'read:short=512:when=60+3;write:short=1024:when=2+2' 'read .* wrong'
	weather io_uring virtio-blk raw 'read:short=512:when=60+3' "$fine"
	weather io_uring virtio-blk raw 'write:short=512:when=2+2' 'write .* failed'
}

# So often that a request takes more calls than its record has room for the results of.
test_many_calls() {
	local engine
	weather threads virtio-blk raw 'read:short=512;write:short=512' "$fine"
	weather threads virtio-blk qcow2 'read:short=512:when=9+;write:short=512' "$fine"
	weather threads virtio-blk raw 'read:error=EINTR:when=60..90;write:error=EINTR:when=10..30' "$fine"
	for engine in threads native io_uring; do
		weather "$engine" virtio-blk raw 'write:short=512:when=9..15;write:error=EIO:when=16..20' 'write .* failed'
	done
}

test_interrupted() {
	everywhere virtio-blk raw 'read:error=EINTR:when=2+3;write:error=EINTR:when=2+2' .
}

# What the host has not done once the emulator may not ask for again, not even for a job that is queued: workers are late.
test_late_starts() {
	local late='unlock:delay=20:when=5+29' append='errors requests=300 depth=100 write'
	weather threads virtio-blk raw "$late;flush:error=EIO:when=2" ' failed'
	append='errors requests=300 depth=100 discard'
	refused threads '' "$late;allocate:error=EOPNOTSUPP:when=3+" 2
}

test_submit() {
	weather native virtio-blk raw 'submit:error=EAGAIN:when=2+3;submit:short=1:when=3+3' "$fine"
	weather io_uring virtio-blk raw 'submit:error=EAGAIN:when=2+3' "$fine"
	weather io_uring virtio-blk raw 'submit:error=EBUSY:when=2+3' "$fine"
	weather io_uring virtio-blk raw 'submit:error=ENOMEM:when=4+4' ' failed'
	weather native virtio-blk raw 'submit:error=ENOMEM:when=4+4' ' failed'
}

test_late() {
	everywhere virtio-blk raw 'read:delay=30:when=60+5;write:delay=50:when=3+5' "$fine"
}

# ---- a disk of the host's that is really full ----

# The guest's disk is an overlay on a small file system, which is gone with the command.
on_tmpfs() { # SIZE COMMAND...
	# shellcheck disable=SC2016 # expanded there
	exec unshare -m bash -euc 'mount -t tmpfs -o "size=$1" none small && cp overlay.orig small/overlay && shift && exec "$@"' - "$@"
}

# The same on a file system of a disk.
on_ext4() { # SIZE COMMAND...
	rm -f small.img
	truncate -s "$1" small.img
	PATH=$PATH:/sbin:/usr/sbin mkfs.ext4 -q -m 0 -O ^has_journal small.img
	# shellcheck disable=SC2016 # expanded there
	exec unshare -m bash -euc 'mount -o loop small.img small && cp overlay.orig small/overlay && exec "$@"' - "${@:2}"
}

full_args() { # ENGINE-OPTIONS
	local append='errors requests=100 write'
	mkdir -p small
	unshare -m mount -t tmpfs none small 2>/dev/null || skip 'a file system cannot be mounted here'
	args=(-M pc -icount shift=5,sleep=off -nodefaults -display none -serial file:serial.log)
	args+=(-m 64 -kernel "$guests/bare.elf" -append "$append")
	args+=(-drive "if=none,id=d0,file=small/overlay,format=qcow2,$1" -device virtio-blk-pci,drive=d0)
	qemu-img create -q -f qcow2 -b "$guests/bare.img" -F raw overlay.orig
}

full() { # ENGINE WHERE
	local run
	rm -rf rec record.*
	full_args "${engines[$1]},werror=report"
	expect 0 "$2" 1m "$rrio" record -o rec -- qemu-system-x86_64 "${args[@]}"
	keep_results record
	matches record.serial.log 'write .* failed'
	matches record.serial.log '^bare: done'
	for run in 1 2; do
		expect 0 "$2" 64m "$rrio" replay rec
		same record.serial.log serial.log
	done
}

test_full() {
	full threads on_tmpfs
	full io_uring on_tmpfs
	truncate -s 1M small.img
	# shellcheck disable=SC2016 # expanded there
	unshare -m bash -c 'PATH=$PATH:/sbin:/usr/sbin; mkfs.ext4 -q small.img && mount -o loop small.img small' 2>/dev/null ||
		skip 'tried without aio=native: a file cannot be mounted here'
	full native on_ext4
}

# ---- the machine stops at an error, as it does by default where the host's disk is full ----

# Until the emulator has used no processor time for a while.
await_rest() { # PID
	local used='' now
	while sleep 0.5 && now=$(cut -d ' ' -f 14,15 "/proc/$1/stat" 2>/dev/null); do
		[[ $now != "$used" || ! -s serial.log ]] || return 0
		used=$now
	done
	fail "the emulator ended by itself: $(tail -n 1 record.err)"
}

# SIGTERM ends the recording; the replays end by themselves, where it came.
record_stopping() { # COMMAND...
	local pid status=0
	"$@" >record.out 2>record.err {say}>&- &
	pid=$!
	await_rest "$pid"
	kill -TERM "$pid"
	await "$pid" 60 'recording after SIGTERM'
	wait "$pid" || status=$?
	[[ $status -eq 0 ]] || fail "recording ended with status $status: $(tail -n 1 record.err)"
	keep_results record
	! grep '^bare: done' record.serial.log || fail 'the machine did not stop at the error'
}

test_full_stops() {
	local run
	full_args "${engines[threads]}"
	record_stopping on_tmpfs 1m "$rrio" record -o rec -- qemu-system-x86_64 "${args[@]}"
	for run in 1 2; do
		expect 0 on_tmpfs 64m "$rrio" replay rec
		same record.serial.log serial.log
	done
}

test_stops() {
	local engine append='errors requests=100'
	export LD_LIBRARY_PATH=$B FAULTS="file=$PWD/disk.;write:error=ENOSPC:when=10+"
	for engine in threads native io_uring; do
		rm -rf rec record.* disk.*
		command_line bare pc virtio-blk raw writable "${engines[$engine]}" 1 shift=5,sleep=off
		LD_PRELOAD=faults.so record_stopping "$rrio" record -o rec -- qemu-system-x86_64 "${args[@]}"
		replays 2
	done
}

# ---- an image whose end is inside a request ----

# The overlay's backing file ends in the middle of the guest's first request, in the middle of a sector.
test_end_of_file() {
	local engine append='requests=100 errors'
	head -c $((9057 * 512 + 100)) "$guests/bare.img" >short
	for engine in threads native io_uring; do
		rm -rf rec record.* disk.*
		command_line bare pc virtio-blk qcow2 writable "${engines[$engine]}" 1 shift=5,sleep=off
		qemu-img create -q -f qcow2 -b short -F raw disk.qcow2.orig 16M
		record "${args[@]}"
		matches record.serial.log '^0 read 9056\+4 wrong'
		replays 2
	done
}

# ---- discard, write zeroes, flush, a growing image: in good weather, and where the host cannot do it ----

# Raw with holes; clusters of 512 bytes, so that each discard is one of qcow2's, and its tables and the file grow.
test_discard() {
	local engine format append='errors requests=150 discard'
	for engine in threads native io_uring; do
		for format in raw qcow2; do
			rm -rf rec record.* disk.*
			command_line bare pc virtio-blk "$format" writable \
				"${engines[$engine]},discard=unmap,detect-zeroes=unmap" 1 shift=5,sleep=off
			[[ $format == raw ]] || qemu-img convert -f raw -O qcow2 -o cluster_size=512 "$guests/bare.img" disk.qcow2.orig
			record "${args[@]}"
			"$B/rrio-inspect" dump rec >events
			matches events allocate
			cp "disk.$format" recorded
			replays 2
			same recorded "disk.$format"
		done
	done
}

# As weather, of a guest that discards.
refused() { # ENGINE OPTIONS FAULTS REPLAYS
	rm -rf rec record.* disk.*
	command_line bare pc virtio-blk raw writable "${engines[$1]},discard=unmap$2" 1 shift=5,sleep=off
	record_with "$3" "${args[@]}"
	cp disk.raw recorded
	replays "$4"
	same recorded disk.raw
}

test_discard_refused() {
	local engine append='errors requests=150 discard'
	refused threads '' 'allocate:error=EINTR:when=4..30' 1
	refused threads '' 'allocate:error=EOPNOTSUPP:when=3+' 1
	for engine in threads native io_uring; do
		refused "$engine" ,werror=report 'allocate:error=EIO:when=3+2' 1
		matches record.serial.log '(discard|zeroes) .* failed'
	done
}

# ---- devices that cannot be opened ----

# What the emulator is run by, where that matters.
within=()

# The emulator's own message and status, with and without librrio.so.
same_refusal() { # DRIVE
	local status=0
	"${within[@]}" qemu-system-x86_64 -M pc -icount shift=5 -nodefaults -display none -drive "$1" -device virtio-blk-pci,drive=d0 \
		>plain.out 2>plain.err </dev/null || status=$?
	[[ $status -ne 0 ]] || fail "the emulator takes $1"
	expect "$status" "${within[@]}" "$rrio" record -o rec -- qemu-system-x86_64 -M pc -icount shift=5 -nodefaults -display none \
		-drive "$1" -device virtio-blk-pci,drive=d0
	same plain.out out
	same plain.err err
	[[ ! -e rec ]] || fail 'a machine that never was left a recording'
}

test_cannot_open() {
	truncate -s 1M locked plain
	same_refusal if=none,id=d0,file=missing,format=raw
	same_refusal "if=none,id=d0,file=$PWD,format=raw"
	same_refusal if=none,id=d0,file=plain,format=qcow2
	same_refusal if=none,id=d0,file=plain,format=raw,aio=native
	same_refusal if=none,id=d0,file=/proc/version,format=raw,cache=none
	same_refusal if=none,id=d0,file=/dev/null,format=raw,cache=none,aio=io_uring
	if [[ $EUID -ne 0 ]]; then
		chmod 0 locked
		same_refusal if=none,id=d0,file=locked,format=raw
	fi
}

on_ramfs() { # COMMAND...
	# shellcheck disable=SC2016 # expanded there
	unshare -m bash -euc 'mount -t ramfs none small && truncate -s 1M small/disk && exec "$@"' - "$@"
}

# A file system that knows no O_DIRECT.
test_no_direct() {
	local options within=(on_ramfs)
	mkdir small
	on_ramfs true 2>/dev/null || skip 'a file system cannot be mounted here'
	for options in cache=none cache=directsync cache=none,aio=native cache=none,aio=io_uring; do
		same_refusal "if=none,id=d0,file=small/disk,format=raw,$options"
		matches err 'does not support O_DIRECT'
	done
}
