# shellcheck shell=bash disable=SC2154,SC2054
# SPDX-License-Identifier: GPL-2.0-or-later
#
# travel.sh - recordings that need no retyping and travel: every way to name an image, packed recordings, where files
# are missing, foreign recordings, options behind --, and an emulator that gives up its rights. All with the bare guest.

plain=(-icount shift=5,sleep=off -nodefaults -display none -m 64 -serial file:serial.log)

# A working directory, a kernel and images whose names need quoting.
quoting_folder() {
	local folder="it's a \"folder\" \$1"
	mkdir -p "$folder/sub dir"
	cd "$folder" || fail 'no folder'
	cp "$guests/bare.elf" "kernel.elf"
	cp "$guests/bare.img" "sub dir/disk.img"
	cp "$guests/bare.qcow2" disk.qcow2
}

base_recording() { # RECORDING ARGUMENTS...
	local rec=$1
	shift
	expect 0 "$rrio" record -o "$rec" -- qemu-system-x86_64 "${plain[@]}" -kernel "kernel.elf" "$@"
	matches serial.log '^bare: done'
	mv serial.log "$rec.serial"
}

# From another working directory; the output goes where the recording's went.
exact() { # RECORDING ARGUMENTS...
	local rec=$PWD/$1
	shift
	(cd / && expect_in "$OLDPWD" 0 "$rrio" replay "$@" "$rec")
	same "${rec##*/}.serial" serial.log
	rm serial.log
}

expect_in() { # FOLDER-FOR-OUTPUT STATUS COMMAND...
	local folder=$1 want=$2 status=0
	shift 2
	limited "$RUN_LIMIT" "$@" >"$folder/out" 2>"$folder/err" || status=$?
	[[ $status -eq $want ]] || fail "status $status instead of $want from: $* ($(tail -n 1 "$folder/err"))"
}

test_forms() {
	quoting_folder
	local device=virtio-blk-pci,drive=d0
	base_recording 'rec 1' -drive if=none,id=d0,file.filename='sub dir/disk.img',format=raw,snapshot=on -device $device
	exact 'rec 1'
	base_recording rec2 -blockdev driver=file,node-name=f0,filename='sub dir/disk.img',read-only=on \
		-blockdev driver=raw,node-name=d0,file=f0,read-only=on -device $device
	exact rec2
	base_recording rec3 -blockdev '{"driver":"raw","node-name":"d0","read-only":true,"file":{"driver":"file","filename":"sub dir/disk.img"}}' \
		-device $device
	exact rec3
	base_recording rec4 -snapshot -hda 'json:{"driver":"raw","file":{"driver":"file","filename":"sub dir/disk.img"}}'
	exact rec4
	base_recording rec5 -snapshot -hda disk.qcow2 -cdrom 'sub dir/disk.img'
	exact rec5
	expect 0 "$rrio" pack -o "it's.rrio" rec5
	expect 0 "$rrio" replay "it's.rrio"
	same rec5.serial "$(find "$XDG_DATA_HOME" -name serial.log)"
}

# What a replay needs is listed at once, before anything is run.
test_listed() {
	quoting_folder
	base_recording rec -drive if=virtio,file='sub dir/disk.img',format=raw,snapshot=on -pidfile 'sub dir/pid'
	rm "sub dir/disk.img"
	printf X >>'kernel.elf'
	expect 65 "$rrio" replay rec
	[[ $(grep -c '^rrio: ' err) -eq 2 ]] || fail "not two lines: $(cat err)"
	matches err 'image .*sub dir/disk\.img is not here'
	matches err 'kernel\.elf has [0-9]+ bytes, recorded [0-9]+'
	[[ ! -e serial.log ]] || fail 'it was run'
	expect 65 "$rrio" pack rec
	matches err 'disk\.img is not here'
	cp "$guests/bare.img" 'sub dir/disk.img'
	truncate -s -1 'kernel.elf'
	exact rec
	printf X | dd of='kernel.elf' bs=1 seek=30000 conv=notrunc status=none
	expect 65 "$rrio" replay rec
	one_line 'kernel\.elf is not the file .* other content'
}

# ---- packed ----

packed_recording() {
	quoting_folder
	cp "$B/insnhash.so" .
	base_recording rec -drive if=virtio,file=disk.qcow2,snapshot=on -vga std -plugin ./insnhash.so,out=insns.log
	mv insns.log rec.insns
	expect 0 "$rrio" pack rec
	matches out '^packed: rec\.rrio'
}

# The folder $tree gets the emulator, its libraries, what rrio needs, and nothing of the guest's.
make_tree() {
	local program file
	mkdir -p "$tree"/{proc,dev,tmp,var/tmp,work} "$tree/usr/local"
	mkdir -p "$tree"/usr/{bin,lib,lib64}
	ln -s usr/bin usr/lib usr/lib64 "$tree"
	make -C "$root" --no-print-directory B="$(realpath --relative-to="$root" "$B")" PREFIX=/usr/local DESTDIR="$tree" install >made
	for program in qemu-system-x86_64 bash env mktemp tar zstd sha256sum readlink realpath stat sed grep head tail od tr cut sort \
		mkdir mv rm ln cat flock find cksum dirname comm wc uniq cmp true date; do
		file=$(type -P "$program") || fail "no program $program here"
		install -D "$(readlink -f "$file")" "$tree$file"
		copy_libraries "$file"
	done
	copy_libraries "$root/build/librrio.so"
	copy_libraries "$B/rrio-inspect"
	mkdir -p "$tree/usr/lib/x86_64-linux-gnu/qemu"
	cp /usr/lib/x86_64-linux-gnu/qemu/accel-tcg-x86_64.so "$tree/usr/lib/x86_64-linux-gnu/qemu"
	mknod -m 666 "$tree/dev/null" c 1 3 && mknod -m 666 "$tree/dev/urandom" c 1 9
	ln -s /proc/self/fd "$tree/dev/fd"
}

copy_libraries() { # PROGRAM
	local library
	ldd "$1" 2>/dev/null | grep -oE '/[^ ]+' | while read -r library; do
		[[ -e $tree$library ]] || install -D "$(readlink -f "$library")" "$tree$library"
	done
}

test_chroot() {
	[[ $EUID -eq 0 ]] || skip 'chroot needs root'
	packed_recording
	local tree=${XDG_DATA_HOME%/data}/tree # make does not take the name of this folder
	make_tree
	cp rec.rrio "$tree/work/it's here.rrio"
	mount -t proc proc "$tree/proc" 2>/dev/null || skip 'no proc can be mounted here'
	trap 'umount "$tree/proc" 2>/dev/null || :' EXIT
	expect 2 in_tree /usr/local/bin/rrio replay "/work/it's here.rrio"
	one_line 'packed by somebody else; it would run: cd .*qemu-system-x86_64.*--trust'
	expect 0 in_tree /usr/local/bin/rrio replay --trust "/work/it's here.rrio"
	same rec.serial "$(find "$tree/work" -name serial.log)"
	same rec.insns "$(find "$tree/work" -name insns.log)"
	expect 0 in_tree /usr/local/bin/rrio verify --trust "/work/it's here.rrio"
	matches out '^identical'
	umount "$tree/proc"
	trap - EXIT
}

in_tree() { # COMMAND...
	env -i HOME=/work PATH=/usr/local/bin:/usr/bin:/bin "$(type -P chroot)" "$tree" "$@"
}

test_packed() {
	packed_recording
	rm -r disk.qcow2 'kernel.elf' insnhash.so
	expect 0 "$rrio" info rec.rrio
	matches out '^icount '
	[[ -z $(find "$XDG_DATA_HOME/rrio" -name 'pack-*') ]] || fail 'info unpacked it all'
	expect 0 "$rrio" verify -n 2 "$PWD/rec.rrio"
	matches out '2 of 2'
	same rec.insns "$(find "$XDG_DATA_HOME" -name insns.log)"
	expect 0 "$rrio" ls
	matches out '^pack-'
	expect 2 "$rrio" rm rec.rrio
	[[ $(stat -c %a "$XDG_DATA_HOME"/rrio/pack-*) == 700 ]] || fail 'others may look into it'
	expect 2 "$rrio" pack -o rec.rrio rec
	one_line 'there already'
}

# Replayed from the pack alone, the guest says what it said.
pack_replays() { # RECORDING
	expect 0 "$rrio" pack -o "$1.rrio" "$1"
	mv disk.raw "$1.disk"
	expect 0 "$rrio" verify -n 2 "$PWD/$1.rrio"
	matches out '2 of 2'
	same "$1.serial" "$(find "$XDG_DATA_HOME" -name serial.log -newer "$1.rrio")"
	rm -r "$XDG_DATA_HOME"/rrio/pack-*
}

# The image goes into the pack as the run has left it; what it held before is in the recording. With --data full the
# image stays behind, also when the recorded run has only read it.
test_packed_images() {
	local listing
	quoting_folder
	cp "$guests/bare.img" disk.raw
	base_recording written -append write -drive if=virtio,file=disk.raw,format=raw
	! cmp -s disk.raw "$guests/bare.img" || fail 'the guest wrote nothing'
	pack_replays written
	cp "$guests/bare.img" disk.raw
	RRIO_DATA=full base_recording full -append write -drive if=virtio,file=disk.raw,format=raw
	pack_replays full
	for listing in written full; do
		zstd -qdc "$listing.rrio" | tar -xO manifest >"$listing.manifest"
	done
	matches written.manifest '^path .*disk\.raw$'
	! grep disk.raw full.manifest || fail 'the image is in the pack of a recording that needs none'
	exact full
}

# Nothing in a file is believed: each of these is refused by name, and leaves nothing behind.
refused_pack() { # PATTERN COMMAND...: makes bad.rrio from the folder open, after the command has changed something in it
	local pattern=$1
	shift
	rm -rf bad.rrio work && cp -r open work
	(cd work && "$@")
	members=$(cat work/order)
	# shellcheck disable=SC2086 # words
	(cd work && tar -c --format=gnu --numeric-owner --owner=0 --group=0 --mode=u=rw,go= -S $members) | zstd -q >bad.rrio
	expect 65 "$rrio" replay --trust bad.rrio
	one_line "$pattern"
	[[ -z $(find "$XDG_DATA_HOME/rrio" -mindepth 1 ! -name .key) ]] || fail "left behind after: $pattern"
}

test_hostile_packs() {
	packed_recording
	mkdir open && zstd -dcq rec.rrio | tar -x -C open
	zstd -dcq rec.rrio | tar -t >open/order
	local edit=(sed -i)
	refused_pack "path with '\.\.'" "${edit[@]}" '0,/^path files.1 .*/s//path files\/1 \/tmp\/..\/x/' manifest
	refused_pack "path with '\.\.'" "${edit[@]}" '0,/^path files.1 .*/s//path files\/1 \/tmp\/%2e%2e\/x/' manifest
	refused_pack 'a line that is none' "${edit[@]}" '0,/^path files.1 .*/s//path files\/1 tmp\/x/' manifest
	refused_pack 'a line that is none' "${edit[@]}" 's/recording.opened/recording\/..\/x/' manifest
	refused_pack 'newer rrio \(0\.1\.0\)' "${edit[@]}" '1s/1/2/' manifest
	refused_pack 'does not promise' truncate -s +1 files/1
	refused_pack 'does not promise' sh -c 'rm files/1; ln -s /etc/passwd files/1'
	refused_pack 'does not promise' sh -c 'rm files/1; mkfifo files/1'
	refused_pack 'does not promise' sh -c 'echo >extra; echo extra >>order'
	refused_pack 'not hold all' sed -i '/files.1$/d' order
	refused_pack 'not what the manifest promises' dd if=/dev/zero of=files/1 bs=1 count=1 conv=notrunc status=none
	refused_pack 'twice' sh -c "sed -i 's/ files.2$/ files\/1/' manifest"
	refused_pack 'no packed recording' sh -c "sed -i 1d order; echo manifest >>order"
	head -c "$(($(stat -c %s rec.rrio) / 2))" rec.rrio >bad.rrio
	expect 65 "$rrio" replay bad.rrio
	one_line 'truncated'
	head -c 3000 /dev/urandom | cat <(printf '\x28\xb5\x2f\xfd') - >bad.rrio
	expect 65 "$rrio" info bad.rrio
	one_line 'bad\.rrio'
}

# ---- trust ----

test_trust() {
	quoting_folder
	base_recording rec -drive if=virtio,file='sub dir/disk.img',format=raw,snapshot=on
	exact rec
	if [[ $EUID -eq 0 ]]; then
		chown 65534 rec
		expect 2 "$rrio" replay rec
		one_line "another user \(uid 65534\); it would run: .*kernel\.elf .*--trust"
		expect 2 "$rrio" verify rec
		expect 0 "$rrio" verify --trust rec
		chown 0 rec
	fi
	[[ $(stat -c %a rec rec/journal rec/opened | tr '\n' ' ') == '700 600 600 ' ]] || fail 'others may look into it'
}

# ---- options behind -- ----

test_extra() {
	quoting_folder
	base_recording rec -drive if=virtio,file='sub dir/disk.img',format=raw,snapshot=on
	mkdir other
	cd other || fail 'no folder'
	expect 0 "$rrio" replay ../rec -- -d in_asm,nochain -D 'a log' --plugin "$B/insnhash.so,out=$PWD/hash" -pidfile pid \
		-trace 'enable=thread_pool_*' -msg timestamp=on -name debug-threads=on -sandbox on,spawn=deny
	[[ -s hash ]] || fail 'the plugin has written nothing'
	matches 'a log' '^IN:'
	matches 'a log' 'thread_pool_submit'
	! grep '^rrio: ' err >&"$say" || fail 'a harmless option is complained about'
	same ../rec.serial ../serial.log
	expect 2 "$rrio" replay ../rec -- -smp 2
	one_line '-smp could change the guest'
}

# ---- an emulator that gives up its rights ----

test_sandbox() {
	quoting_folder
	base_recording rec -drive if=virtio,file=disk.qcow2,snapshot=on \
		-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny
	exact rec
}

test_rights() {
	[[ $EUID -eq 0 ]] || skip 'it takes root to give up its rights'
	quoting_folder
	mkdir empty
	base_recording rec1 -drive if=virtio,file=disk.qcow2,snapshot=on -runas nobody
	exact rec1
	base_recording rec2 -drive if=virtio,file=disk.qcow2,snapshot=on -chroot empty -runas nobody -sandbox on
	exact rec2
}

# ---- ls ----

test_ls() {
	local size=(-drive "if=virtio,file=$guests/bare.img,format=raw,snapshot=on" -kernel "$guests/bare.elf")
	expect 0 "$rrio" record qemu-system-x86_64 "${plain[@]}" "${size[@]}"
	"$rrio" record qemu-system-x86_64 "${plain[@]}" "${size[@]}" -append poll -no-shutdown >/dev/null 2>&1 &
	local pid=$!
	until "$rrio" ls | grep -q 'recording '; do sleep 0.1; done
	expect 75 "$rrio" replay
	expect 75 "$rrio" rm qemu-system-x86_64-1
	expect 75 "$rrio" pack
	kill -KILL "$pid"
	wait || :
	expect 0 "$rrio" ls
	matches out '^qemu-system-x86_64-1 +20.*ends early.* instructions .* requests .*qemu-system-x86_64 -icount'
	expect 0 "$rrio" ls -o json
	python3 -c 'import json; a, b = json.load(open("out")); assert (a["state"], b["state"]) == ("ends early", "whole"); assert b["requests"] > 0; assert b["command"][1] == "-icount"' 2>&"$say" ||
		fail 'the JSON is not as expected'
}
