# shellcheck shell=bash disable=SC2154,SC2034,SC2054
# SPDX-License-Identifier: GPL-2.0-or-later
#
# drives.sh - images and drives that need more than a line of cases.list: what is compressed, encrypted, layered,
# throttled, mirrored, on flash or on iothreads. All but the firmware's case with the bare guest.

# A case's own command line around the guest; what is given is the drive d0 or more, in the emulator's words.
bare_with() { # DEVICE ARGUMENTS...
	local device=$1
	shift
	args=(-M pc -icount "${icount:-shift=5,sleep=off}" -nodefaults -display none -serial file:serial.log)
	guest_args bare
	args+=(-append "${append-}" "$@")
	device_args pc "$device"
}

exact() { # COUNT
	record "${args[@]}"
	replays "$1"
}

# ---- jobs that compute ----

compressed() { # TYPE
	qemu-img convert -q -c -O qcow2 -o "compression_type=$1" "$guests/bare.img" disk.qcow2
	bare_with virtio-blk -drive if=none,id=d0,file=disk.qcow2,format=qcow2,snapshot=on
	exact 3
	"$B/rrio-inspect" info rec >notes
	! grep ungated-job notes || fail 'a job that decompresses has passed no gate'
}

test_compressed_zlib() { compressed zlib; }
test_compressed_zstd() { compressed zstd; }

# Written to: qcow2's own encryption is done by jobs, LUKS by itself in the thread that submits.
encrypted() { # FORMAT OPTION...
	local format=$1 secret=(--object secret,id=s0,data=rrio) map=$1
	shift
	# It measures how fast this processor is, which fails when others keep it busy.
	for _ in {1..50}; do
		! qemu-img create -q "${secret[@]}" -f "$format" "$@" disk.orig 16M || break
	done
	case $format in
	luks) map=driver=luks,key-secret=s0 ;;
	qcow2) map=driver=qcow2,encrypt.key-secret=s0 ;;
	esac
	qemu-img convert -q -n "${secret[@]}" "$guests/bare.img" --target-image-opts "$map,file.filename=disk.orig"
	append='write'
	bare_with virtio-blk -object secret,id=s0,data=rrio \
		-drive "if=none,id=d0,file=disk,format=$format,${map#*,}"
	exact 2
}

test_luks() { encrypted luks -o key-secret=s0,iter-time=10; }
test_encrypted_luks() { encrypted qcow2 -o encrypt.format=luks,encrypt.key-secret=s0,encrypt.iter-time=10; }

# ---- layers ----

# Opened before anything else has taken a lock: the pool is made while its lock is taken for the first time.
test_blockdev() {
	bare_with virtio-blk -blockdev "driver=qcow2,node-name=d0,read-only=on,file.driver=file,file.filename=$guests/bare.qcow2"
	exact 3
	"$B/rrio-inspect" info --field requests rec >count
	[[ $(tr -d '\0' <count) -ge 200 ]] || fail "only $(<count) requests have passed a gate"
}

test_chain_of_three() {
	qemu-img create -q -f qcow2 -F raw -b "$guests/bare.img" base.qcow2
	qemu-img create -q -f qcow2 -F qcow2 -b base.qcow2 middle.qcow2
	qemu-io -c 'read 0 1M' -c 'write -P 0 9M 64k' middle.qcow2 >/dev/null
	qemu-img create -q -f qcow2 -F qcow2 -b middle.qcow2 disk.orig
	append='write'
	bare_with virtio-blk -drive if=none,id=d0,file=disk,format=qcow2,cache=none
	exact 3
}

test_throttled() {
	append=requests=60
	bare_with virtio-blk -drive "if=none,id=d0,file=$guests/bare.img,format=raw,snapshot=on,throttling.iops-total=60"
	exact 2
}

# ---- iothreads: each is a loop of its own ----

# With writes, and a second disk on a second iothread: turns of three loops, requests of two at the same time.
two_iothreads() { # AIO SMP ICOUNT
	append='rrio.second=vdb rrio.steps=small,direct,conc'
	command_line linux pc virtio-blk,iothread=t0 raw writable "cache=none,aio=$1" "$2" "$3"
	truncate -s 4M second.orig
	args+=(-object iothread,id=t0 -object iothread,id=t1
		-drive "if=none,id=d1,file=second,format=raw,cache=none,aio=$1" -device virtio-blk-pci,drive=d1,iothread=t1)
	exact 2
}

test_two_iothreads_threads() { two_iothreads threads 1 shift=5,sleep=off; }
test_two_iothreads_native() { two_iothreads native 2 shift=auto; }
test_two_iothreads_io_uring() {
	need_engine io_uring
	two_iothreads io_uring 1 shift=5
}

# ---- what polls on the vCPU thread, in the middle of a device access ----

test_floppy() {
	append='rrio.module=floppy rrio.second=fd0 rrio.steps=direct'
	command_line linux pc virtio-blk raw snapshot cache=writeback 1 shift=5,sleep=off
	truncate -s 1440K floppy.orig
	args+=(-drive if=floppy,file=floppy,format=raw)
	exact 2
}

# The firmware writes its variables to flash, boots its shell, and that runs a script from the disk.
test_firmware() {
	local firmware=/usr/share/OVMF name
	[[ -e $firmware/OVMF_CODE_4M.fd ]] || fail "$firmware is missing; next: scripts/setup test"
	cp "$firmware/OVMF_VARS_4M.fd" variables.orig
	name=9b7c0c8f-2f8c-4f57-9d5c-1f1f6a1c7f10
	printf '%s\r\n' "setvar rrio -guid $name -bs -rt -nv =0x1234" "setvar rrio -guid $name" 'echo bare: done' 'reset -s' >startup.nsh
	truncate -s 2M disk.img
	mformat -i disk.img -v RRIO -N 12345678 ::
	mcopy -i disk.img startup.nsh ::
	args=(-M q35 -m 256 -icount shift=5,sleep=off -nodefaults -display none -serial file:serial.log
		-drive "if=pflash,format=raw,unit=0,readonly=on,file=$firmware/OVMF_CODE_4M.fd"
		-drive if=pflash,format=raw,unit=1,file=variables
		-drive if=none,id=d0,file=disk.img,format=raw,snapshot=on -device virtio-blk-pci,drive=d0)
	says='bare: done' exact 1
	! cmp -s variables variables.orig || fail 'the firmware has written no variable'
}
