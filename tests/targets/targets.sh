# shellcheck shell=bash disable=SC2154,SC2034,SC2054
# SPDX-License-Identifier: GPL-2.0-or-later
#
# targets.sh - the Linux guest on other processors' emulators, as Debian ships them: all of its steps, recorded once and
# replayed 3 times. Exact means that the guest's output with its times, the hash over every instruction's address and
# the final instruction count are the same. What a target came to is a line in build/targets/NAME/result.

# shellcheck source=row.sh
. "$root/tests/targets/row.sh"
RUN_LIMIT=${TEST_RUN_LIMIT:-400}

fact() { # NAME: of the recording
	"$B/rrio-inspect" info -o json rec >info.json
	jq -r ".$1" info.json
}

target() { # NAME
	local folder=$B/targets/$1 emulator=qemu-system-$1 hash
	target_row "$1"
	rm -f -- "$folder/result"
	type -P "$emulator" >/dev/null || fail "$emulator is not installed; next: scripts/setup targets"
	"$root/tests/targets/build" "$B" "$1" >build.log 2>&1 || fail "$(tail -n 1 build.log)"
	args=("${machine[@]}" -m 512 -icount shift=5,sleep=off -nodefaults -display none -serial file:serial.log -no-reboot
		-kernel "$folder/kernel" -initrd "$folder/initrd.img" -append "console=$console quiet panic=-1 cryptomgr.notests"
		-drive "if=none,id=d0,file=$guests/disk.raw,format=raw,snapshot=on" -device "$disk,drive=d0"
		-plugin "$B/insnhash.so,out=insns.log")
	record "${args[@]}"
	matches record.insns.log '^insnhash: [0-9a-f]{16} instructions: [0-9]+$'
	replays 3
	hash=$(awk '{ print $2 }' record.insns.log)
	printf '%s|%s|%s|%s|%s|%s|%s\n' "$(fact emulator_version)" \
		"$(sed -nE 's/.*rrio-guest: linux ([^,]*),.*/\1/p' record.serial.log)" \
		"$(fact icount)" "$(fact turns)" "$(fact requests)" "$(fact inputs)" "$hash" >"$folder/result"
}

test_i386() { target i386; }
test_aarch64() { target aarch64; }
test_arm() { target arm; }
test_riscv64() { target riscv64; }
test_ppc64() { target ppc64; }
test_s390x() { target s390x; }
