# shellcheck shell=bash disable=SC2154,SC2034,SC2054
# SPDX-License-Identifier: GPL-2.0-or-later
#
# growth.sh - images that get longer or shorter while a Linux guest works on them: by what it writes, by block_resize, by
# preallocation, and when the emulator ends.

. "$root/tests/outside/lib.sh"

# The guest works on a disk that the drive options describe, while somebody gives QMP commands.
grow() { # OPTIONS {COMMAND ANSWER}...
	local options=$1 i
	shift
	[[ $options != *aio=io_uring* ]] || need_engine io_uring
	for i in "${!args[@]}"; do
		[[ ${args[i]} != if=none,id=d0,* ]] || args[i]=if=none,id=d0,$options
	done
	args+=(-qmp unix:qmp.sock,server=on,wait=off -plugin "$B/insnhash.so,out=insns.log")
	restore_images
	{
		echo 'look 500'
		[[ $# -eq 0 ]] || qmp_at unix:qmp.sock "$@"
	} | record_person
	matches record.serial.log 'rrio-guest: end'
	! grep 'rrio-guest: error' record.serial.log >&"$say" || fail 'the guest failed while recording'
}

# A replay needs no file that was made while it was recorded, and leaves the others as they are.
leaves() { # FILE...
	sha256sum "$@" >sums
	replays_alone 3
	sha256sum --quiet -c sums || fail 'a replay has changed an image'
}

guest() { # DEVICE FORMAT
	local append=${append-rrio.steps=small,direct}
	command_line linux pc "$1" "$2" writable cache=writeback 1 shift=5
}

truncate_events() {
	"$B/rrio-inspect" dump rec "op=$1" >events
	matches events "$1"
}

# ---- block_resize: the guest waits for it ----

resize() { # FORMAT OPTIONS
	local append=rrio.work=space
	guest "${3:-virtio-blk}" "$1"
	grow "file=disk.$1,format=$1,discard=unmap,$2" \
		'{"execute":"block_resize","arguments":{"device":"d0","size":285212672}}' return
	[[ $1 != raw ]] || truncate_events truncate
	leaves "disk.$1"
}

test_resize_raw_threads() { resize raw cache=writeback; }
test_resize_raw_native() { resize raw cache=none,aio=native; }
test_resize_raw_io_uring() { resize raw cache=none,aio=io_uring; }
test_resize_qcow2_native() { resize qcow2 cache=none,aio=native; }
test_resize_qcow2_io_uring() { resize qcow2 cache=writeback,aio=io_uring; }

# ---- an image that is made longer ahead of what is written, and cut at the end ----

filter() { # AIO DIRECT
	guest virtio-blk qcow2
	qemu-img create -q -f qcow2 -F raw -b "$guests/disk.raw" disk.qcow2.orig
	grow "driver=qcow2,discard=unmap,file.driver=preallocate,file.prealloc-size=1M,file.file.filename=disk.qcow2,file.file.aio=$1,cache.direct=$2"
	truncate_events truncate
	leaves disk.qcow2
}

test_filter_threads() { filter threads off; }
test_filter_native() { filter native on; }
test_filter_io_uring() { filter io_uring off; }

# ---- images that were preallocated ----

preallocated() { # MODE OPTIONS
	guest virtio-blk qcow2
	qemu-img create -q -f qcow2 -o "preallocation=$1" disk.empty 256M
	qemu-img convert -q -n -O qcow2 "$guests/disk.raw" disk.empty
	mv disk.empty disk.qcow2.orig
	grow "file=disk.qcow2,format=qcow2,discard=unmap,detect-zeroes=unmap,$2"
	leaves disk.qcow2
}

test_metadata() { preallocated metadata cache=none,aio=native; }
test_falloc() { preallocated falloc cache=none,aio=io_uring; }
test_full() { preallocated full cache=writeback; }

# ---- a host that cannot do it: the same answer in replay ----

fails() { # OPTIONS FAULTS {COMMAND ANSWER}...
	export LD_LIBRARY_PATH=$B LD_PRELOAD=faults.so FAULTS=$2 FAULTS_LOG=$PWD/faults.log
	guest virtio-blk raw
	grow "file=disk.raw,format=raw,$1" "${@:3}"
	unset LD_LIBRARY_PATH LD_PRELOAD FAULTS
	[[ -s faults.log ]] || fail 'nothing went wrong'
	leaves disk.raw
}

test_resize_fails() {
	local aio
	for aio in cache=writeback cache=none,aio=native cache=writeback,aio=io_uring; do
		rm -rf rec record.* disk.* faults.log
		fails "$aio" 'file=disk.raw;truncate:error=ENOSPC:when=1' \
			'{"execute":"block_resize","arguments":{"device":"d0","size":285212672}}' 'No space left' \
			'{"execute":"block_resize","arguments":{"device":"d0","size":270532608}}' return
	done
}

create_fails() { # PREALLOCATION FAULTS WHY
	rm -rf rec record.* disk.* faults.log made.raw
	fails cache=writeback "file=made.raw;$2" \
		"{\"execute\":\"blockdev-create\",\"arguments\":{\"job-id\":\"j\",\"options\":{\"driver\":\"file\",\"filename\":\"made.raw\",\"size\":3145728,\"preallocation\":\"$1\"}}}" \
		'"concluded"' '{"execute":"query-jobs"}' "$3"
}

test_create_fails() {
	create_fails falloc 'allocate:error=ENOSPC:when=1' 'No space left'
	create_fails full 'write:error=ENOSPC:when=20' 'No space left'
	create_fails full 'write:error=EINTR:when=7..17;write:short=100:when=20..24;flush:error=EIO:when=1' 'Input/output error'
}

# ---- images that are made, preallocated, while the guest works ----

create() { # ENGINE-OPTIONS
	local mode commands=()
	guest virtio-blk raw
	for mode in off falloc full; do
		commands+=("{\"execute\":\"blockdev-create\",\"arguments\":{\"job-id\":\"$mode\",\"options\":{\"driver\":\"file\",\"filename\":\"$mode.raw\",\"size\":3145728,\"preallocation\":\"$mode\"}}}"
			'"concluded"' "{\"execute\":\"job-dismiss\",\"arguments\":{\"id\":\"$mode\"}}" '"null"')
	done
	grow "file=disk.raw,format=raw,$1" "${commands[@]}"
	[[ $(stat -c %s full.raw) -eq 3145728 && $(stat -c %b full.raw) -ge 6144 ]] || fail 'full.raw is not allocated'
	rm off.raw falloc.raw full.raw
	leaves disk.raw
	[[ ! -e full.raw && ! -e falloc.raw && ! -e off.raw ]] || fail 'a replay has made an image'
}

test_create_threads() { create cache=writeback; }
test_create_native() { create cache=none,aio=native; }
test_create_io_uring() { create cache=none,aio=io_uring; }
