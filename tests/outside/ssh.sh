# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ssh.sh - a guest that fetches, pings and is logged in to by ssh, on the user network and on a tap device.

. "$root/tests/outside/lib.sh"

# A disk ssh.raw with a server for whoever has the key, and all that it needs: the folder is the root that it sees.
make_ssh_disk() {
	local file
	[[ -x /usr/sbin/dropbear ]] || skip 'dropbear-bin is not installed'
	type -P ssh >/dev/null || skip 'openssh-client is not installed'
	mkdir -p ssh/{dev,proc,etc,bin,root/.ssh}
	ssh-keygen -q -t ed25519 -N '' -f key
	cp key.pub ssh/root/.ssh/authorized_keys
	dropbearkey -t ed25519 -f ssh/etc/host-key >dropbearkey.log 2>&1
	cp "$B/guests/linux/busybox" ssh/bin/sh
	ln -s sh ssh/bin/head
	echo root:x:0:0::/root:/bin/sh >ssh/etc/passwd
	for file in /usr/sbin/dropbear $(ldd /usr/sbin/dropbear | grep -oE '/[^ ]+'); do
		install -D "$file" "ssh$file"
	done
	truncate -s 32M ssh.raw
	PATH=$PATH:/usr/sbin:/sbin mke2fs -q -t ext4 -d ssh ssh.raw
}

# A guest with that disk.
ssh_guest() { # ARGUMENTS...
	make_ssh_disk
	login_guest mon:stdio -drive if=none,id=d1,file=ssh.raw,format=raw,snapshot=on -device virtio-blk-pci,drive=d1 "$@"
}

# Lines of a script: the server starts.
serve_ssh() {
	cat <<-'PERSON'
		type mkdir /mnt; mount -t ext4 /dev/vdb /mnt && chown -R 0:0 /mnt && chmod 755 /mnt && mount -t devtmpfs none /mnt/dev
		type chroot /mnt /usr/sbin/dropbear -E -s -r /etc/host-key && echo re""ady
		wait ready
	PERSON
}

# Lines of a script: somebody logs in, and has a MiB sent; once with a key that nobody knows.
come_by_ssh() { # ADDRESS PORT
	local ssh="ssh -F none -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -p $2 root@$1"
	rm -f other-key
	ssh-keygen -q -t ed25519 -N '' -f other-key
	echo "run ! $ssh -i other-key true 2>denied"
	echo "run echo hello | $ssh -i key 'head -c 1048576 /dev/zero; read -r line; echo \"you said \$line\"' >by-ssh 2>ssh.log"
}

has_been_there() {
	matches denied 'Permission denied'
	[[ $(head -c 1M by-ssh | tr -d '\0' | wc -c) -eq 0 ]] || fail 'ssh has brought other bytes'
	[[ $(tail -c +$((1048576 + 1)) by-ssh) == 'you said hello' ]] || fail "ssh: $(tail -n 1 ssh.log)"
}

works() { # GATEWAY ADDRESS SSH-ADDRESS SSH-PORT
	log_in
	dress "$2" "$1"
	printf '%s\n' "type ping -c 3 $1" 'wait 3 packets received'
	fetch "$1"
	serve_ssh
	come_by_ssh "$3" "$4"
	echo 'type exit'
}

test_user() {
	local port server ssh_port
	ssh_port=$(free_port)
	ssh_guest -nic "user,model=virtio-net-pci,hostfwd=tcp:127.0.0.1:$ssh_port-:22"
	serve 127.0.0.1 20
	works 10.0.2.2 10.0.2.15 127.0.0.1 "$ssh_port" | record_person
	kill "$server"
	matches record.screen "$(md5sum <www/big | cut -d ' ' -f 1)"
	has_been_there
	replays_screen 3
	replay_opens_no_socket
}

test_tap() {
	local port=8080
	ssh_guest -netdev tap,id=n0,ifname=tap0,script=no,downscript=no -device virtio-net-pci,netdev=n0
	mkdir www
	head -c 20M /dev/urandom >www/big
	works 10.9.0.1 10.9.0.2 10.9.0.2 22 | record_in_namespace
	matches record.screen "$(md5sum <www/big | cut -d ' ' -f 1)"
	has_been_there
	replays_screen 3
	replay_opens_no_socket
}
