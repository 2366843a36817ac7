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
	replays_alone 3
}

# The iothread is to go before its disk does: it goes with it.
unplug_last() { # ENGINE
	at_work "$1" ,iothread=t0 "${command[end]}" return "${command[unplug]}" 'peripheral/h0"}' "${command[close]}" return \
		"${command[status]}" running
	replays_alone 3
}

test_threads() { unplug threads ''; }
test_native() { unplug native ''; }
test_io_uring() { unplug io_uring ''; }
test_iothread_threads() { unplug threads ,iothread=t0; }
test_iothread_native() { unplug native ,iothread=t0; }
test_iothread_io_uring() { unplug io_uring ,iothread=t0; }
test_iothread_first_native() { unplug_last native; }
test_iothread_first_io_uring() { unplug_last io_uring; }

# ---- what has gone leaves nothing behind: threads, descriptors, mapped rings ----

qmp_in() { # TYPE ARGUMENTS ANSWER
	printf 'type {"execute":"%s","arguments":{%s}}\nwait %s\n' "$@"
}

# One disk with one iothread, from coming to going; then a line for what the emulator has.
one_round() { # ENGINE
	printf '%s\n' 'go unix:qmp.sock' 'wait QMP' 'type {"execute":"qmp_capabilities"}' 'wait return'
	qmp_in object-add '"qom-type":"iothread","id":"t1"' return
	qmp_in blockdev-add "\"driver\":\"raw\",\"node-name\":\"more\",\"cache\":{\"direct\":true},\"file\":{\"driver\":\"file\",\"filename\":\"more.raw\",\"aio\":\"$1\",\"cache\":{\"direct\":true}}" return
	qmp_in device_add '"driver":"virtio-blk-pci","drive":"more","id":"h1","iothread":"t1"' return
	printf '%s\n' leave 'type until [ -e /sys/block/vdb ]; do sleep 0.1; done' \
		'type dd if=/dev/vdb of=/dev/null bs=64k iflag=direct; dd if=/dev/zero of=/dev/vdb bs=64k count=9 oflag=direct; echo wor""ked' \
		'wait worked' 'go unix:qmp.sock' 'wait QMP' 'type {"execute":"qmp_capabilities"}' 'wait return'
	qmp_in device_del '"id":"h1"' 'peripheral/h1"}'
	qmp_in blockdev-del '"node-name":"more"' return
	qmp_in object-del '"id":"t1"' return
	# shellcheck disable=SC2016 # expanded there
	printf '%s\n' leave 'type echo th""ere' 'wait there' \
		'run cd /proc/$(cat emulator.pid) && echo $(ls task | wc -l) $(ls fd | wc -l) $(grep -c . maps) >>"$OLDPWD/has"'
}

leaves_nothing() { # ENGINE
	[[ $1 == threads ]] || need_engine "$1"
	truncate -s 2M more.raw
	login_guest mon:stdio -qmp unix:qmp.sock,server=on,wait=off -pidfile emulator.pid
	{
		log_in
		for _ in 1 2 3 4; do
			one_round "$1"
		done
		echo 'type exit'
	} | record_person
	awk 'NR == 2 { tasks = $1; fds = $2; maps = $3 }
		NR > 2 && ($1 != tasks || $2 != fds || $3 > maps + 8) { exit 1 }
		END { if (NR != 4) exit 1 }' has || fail "more after each round: $(tr '\n' ';' <has)"
	replays_alone 1
}

test_leaves_nothing_threads() { leaves_nothing threads; }
test_leaves_nothing_native() { leaves_nothing native; }
test_leaves_nothing_io_uring() { leaves_nothing io_uring; }
