# shellcheck shell=bash disable=SC2154,SC2016
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bystander.sh - in a process that is no emulator librrio.so does nothing and says nothing, whatever the environment.

# The same command without and with the library: same output, same status.
unmoved() { # COMMAND...
	local plain=0 loaded=0
	"$@" >plain.out 2>plain.err || plain=$?
	env RRIO_MODE=record LD_LIBRARY_PATH="$B" LD_PRELOAD=librrio.so "$@" >loaded.out 2>loaded.err || loaded=$?
	[[ $plain -eq $loaded ]] || fail "status $loaded instead of $plain from: $*"
	same plain.out loaded.out
	same plain.err loaded.err
	[[ ! -e $XDG_DATA_HOME ]] || fail "a recording was made of: $*"
}

test_ls() {
	unmoved ls -la /etc
	unmoved ls /nowhere
}

test_sh() {
	unmoved sh -c 'echo out; echo err >&2; exit 3'
	unmoved bash -c 'for i in 1 2 3; do (echo "$i" | cat) & wait; done'
}

test_qemu_img() {
	head -c 3M /dev/urandom >image.raw
	unmoved qemu-img convert -O qcow2 image.raw image.qcow2
	unmoved qemu-img compare image.raw image.qcow2
	unmoved qemu-img info nothing.qcow2
}

# With the loader's word that it is there: the library is really loaded in the cases above.
test_loaded() {
	env LD_LIBRARY_PATH="$B" LD_PRELOAD=librrio.so cat /proc/self/maps >out
	matches out librrio
}
