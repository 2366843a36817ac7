# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# window.sh - a window on a desktop, which Xvfb is.

# What is typed there is not in the recording, which says so; it ends as any other, and replays, with
# or without a desktop, as nobody has typed anything.
window() { # gtk|sdl
	local desktop i
	[[ -n $(find /usr/lib ${QEMU_MODULE_DIR:+"$QEMU_MODULE_DIR"} -name "ui-$1.so" -print -quit) ]] || skip "this emulator has no $1 display; Debian's package is qemu-system-gui"
	type -P Xvfb >/dev/null || skip 'xvfb is not installed'
	timeout 600 Xvfb -displayfd 3 -screen 0 1024x768x24 -nolisten tcp 3>desktop 2>Xvfb.log {say}>&- &
	desktop=$!
	# shellcheck disable=SC2064 # this one
	trap "kill $desktop" EXIT
	for ((i = 0; i < 100; i++)); do
		[[ ! -s desktop ]] || break
		sleep 0.1
	done
	[[ -s desktop ]] || fail "Xvfb has not started: $(tail -n 1 Xvfb.log)"
	command_line linux pc virtio-blk raw snapshot cache=writeback 1 shift=5,sleep=off
	args=("${args[@]/#none/$1}")
	export DISPLAY SDL_AUDIODRIVER=dummy
	DISPLAY=:$(<desktop)
	record "${args[@]}" -vga std -plugin "$B/insnhash.so,out=insns.log"
	[[ $(grep -c '\[uncontrolled\]' record.err) -eq 1 ]] || fail "not one warning: $(cat record.err)"
	matches record.err 'a window on the host.s desktop.*\(window\) \[uncontrolled\]'
	expect 0 "$rrio" info rec
	matches out '^uncontrolled +window: '
	replays 1
	unset DISPLAY
	replays 2
	expect 0 "$rrio" verify rec
}

test_gtk() {
	window gtk
}

test_sdl() {
	window sdl
}
