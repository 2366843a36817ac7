# shellcheck shell=bash disable=SC2154,SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
#
# unplug.sh - a disk goes while requests are in flight on it, and its iothread behind it: on every engine.

. "$root/tests/outside/lib.sh"

# The Linux guest with a second disk h0, which is at work when QMP commands come, each with what it answers.
at_work() { # ENGINE DEVICE-OPTIONS {COMMAND ANSWER}...
	local qmp=unix:qmp.sock engine=$1 options=$2 direct=off
	shift 2
	[[ $engine == threads ]] || direct=on
	[[ $engine != io_uring ]] || need_engine io_uring
	truncate -s 32M extra.orig
	restore_images
	login_guest mon:stdio -qmp "$qmp,server=on,wait=off" -object iothread,id=t0 -plugin "$B/insnhash.so,out=insns.log" \
		-blockdev "driver=raw,node-name=extra,file.driver=file,file.filename=extra,file.aio=$engine,cache.direct=$direct,file.cache.direct=$direct" \
		-device "virtio-blk-pci,drive=extra,id=h0$options"
	{
		log_in
		cat <<-'PERSON'
			type cd /tmp; r() { while dd if=/dev/vdb of=/dev/null bs=256k iflag=direct skip=$1; do :; done; echo "$1 gone" >>gone; }
			type w() { while dd if=/dev/zero of=/dev/vdb bs=128k count=20 oflag=direct seek=$1; do :; done; echo "$1 gone" >>gone; }
			type (r 0 & r 9 & r 30 & w 40 & w 90 & wait) 2>/dev/null & sleep 3; echo work""ing
			wait working
		PERSON
		qmp_at "$qmp" "$@"
		cat <<-'PERSON'
			type wait; sort gone; ls /sys/block; head -c 4M /dev/vda | md5sum; echo af""ter
			wait after
			type exit
		PERSON
	} | record_person
	matches record.screen "^40 gone"
	mv insns.log record.insns.log
}

exact_after() { # COUNT
	local i
	for ((i = 1; i <= $1; i++)); do
		replay_alone "$i"
		same record.insns.log insns.log
	done
}

declare -A command=(
	[unplug]='{"execute":"device_del","arguments":{"id":"h0"}}'
	[close]='{"execute":"blockdev-del","arguments":{"node-name":"extra"}}'
	[end]='{"execute":"object-del","arguments":{"id":"t0"}}'
	[status]='{"execute":"query-status"}'
)

unplug() { # ENGINE DEVICE-OPTIONS
	at_work "$1" "$2" "${command[close]}" 'in use' "${command[unplug]}" 'peripheral/h0"}' "${command[close]}" return \
		"${command[end]}" return "${command[status]}" running
	exact_after 3
}

# The iothread is to go before its disk does: it goes with it.
unplug_last() { # ENGINE
	at_work "$1" ,iothread=t0 "${command[end]}" return "${command[unplug]}" 'peripheral/h0"}' "${command[close]}" return \
		"${command[status]}" running
	exact_after 3
}

test_threads() { unplug threads ''; }
test_native() { unplug native ''; }
test_io_uring() { unplug io_uring ''; }
test_iothread_threads() { unplug threads ,iothread=t0; }
test_iothread_native() { unplug native ,iothread=t0; }
test_iothread_io_uring() { unplug io_uring ,iothread=t0; }
test_iothread_first_native() { unplug_last native; }
test_iothread_first_io_uring() { unplug_last io_uring; }
