# shellcheck shell=bash disable=SC2154,SC2054
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lib.sh - what test cases are written with: expectations, running an emulator within a time limit, recording and
# replaying, and table_case, which carries out one line of cases.list. Sourced by tests/run inside a case's own folder,
# with $root and $B set and `set -e` on; a failed expectation ends the case with its reason as the last line.

rrio=$root/scripts/rrio
guests=$B/guests
emulator=qemu-system-x86_64
RUN_LIMIT=${TEST_RUN_LIMIT:-120}

# A case must not see the user's settings, nor leave recordings in the user's store.
unset LD_PRELOAD "${!RRIO_@}"
export XDG_DATA_HOME=$PWD/data NO_COLOR=1

# The case's own output, wherever a command's goes.
exec {say}>&1

fail() { # WHY...
	echo "$*" >&"$say"
	exit 1
}

skip() { # WHY...
	echo "$*" >&"$say"
	exit 77
}

# Runs a command; leaves its output in the files out and err.
expect() { # STATUS COMMAND...
	local want=$1 status=0
	shift
	limited "$RUN_LIMIT" "$@" >out 2>err || status=$?
	[[ $status -eq $want ]] || fail "status $status instead of $want from: $* ($(tail -n 1 err))"
}

matches() { # FILE PATTERN: extended regular expression
	grep -qE -- "$2" "$1" || fail "no line of $1 matches $2; its last: $(tail -n 1 "$1")"
}

same() { # FILE FILE
	cmp -- "$1" "$2" >differs || fail "$(cat differs): the runs differ"
}

# What an error message must be: one line of rrio's (the emulator may have said something before), and the last.
one_line() { # PATTERN
	local ours
	ours=$(grep -c '^rrio: ' err || :)
	[[ $ours -eq 1 ]] || fail "$ours lines of rrio's on stderr instead of one: $(head -n 3 err | tr '\n' '|')"
	tail -n 1 err >last
	matches last "^rrio: .*($1)"
}

# A command in the foreground; past the limit its threads' stacks go into the file stacks, and it is killed.
limited() { # SECONDS COMMAND...
	local seconds=$1 pid
	shift
	"$@" <&0 {say}>&- &
	pid=$!
	await "$pid" "$seconds" "$@"
	wait "$pid"
}

await() { # PID SECONDS WHAT...
	local pid=$1 seconds=$2
	shift 2
	if ! timeout "$seconds" tail -s 0.05 --pid="$pid" -f /dev/null; then
		show_threads "$pid" >stacks 2>&1
		kill -KILL "$pid"
		wait "$pid" 2>/dev/null || :
		fail "hangs: no end within $seconds s; its threads' stacks are in the file stacks; was: $*"
	fi
}

show_threads() { # PID
	if type -P gdb >/dev/null; then
		timeout 60 gdb -batch -ex 'thread apply all backtrace' -p "$1" </dev/null
	else
		grep -H . "/proc/$1"/task/*/{comm,wchan,syscall}
	fi
}

# ---- one recording and its replays; the guest's serial output is in serial.log ----

# Files that a guest writes to are put back as they were before each run, at the same path.
restore_images() {
	local original
	for original in *.orig; do
		[[ ! -e $original ]] || cp --sparse=always -- "$original" "${original%.orig}"
	done
}

# What a run leaves behind for comparison, under another name.
keep_results() { # RUN
	local file
	for file in serial.log insns.log; do
		[[ ! -e $file ]] || mv -- "$file" "$1.$file"
	done
}

# Records $emulator ARGUMENTS as the recording `rec`; its status must be $end_status (0).
record() { # ARGUMENTS...
	local status=0
	restore_images
	limited "$RUN_LIMIT" "$rrio" record -o rec -- "$emulator" "$@" >record.out 2>record.err || status=$?
	[[ $status -eq ${end_status:-0} ]] || fail "recording ended with status $status: $(tail -n 1 record.err)"
	keep_results record
	[[ -e record.serial.log ]] || fail "the guest said nothing while recording"
	matches record.serial.log "${says:-^(bare: done|rrio-guest: (end|waiting))}"
	! grep -E '^(bare|rrio-guest): error' record.serial.log >&"$say" || fail "the guest failed while recording"
}

replay() { # NUMBER
	local status=0 file
	limited "$RUN_LIMIT" "$rrio" replay rec >replay.out 2>replay.err || status=$?
	keep_results replay
	[[ $status -eq ${end_status:-0} ]] || fail "replay $1 ended with status $status: $(tail -n 1 replay.err)"
	[[ -e replay.serial.log ]] || fail "replay $1 left no serial output"
	for file in record.*.log; do
		same "$file" "replay.${file#record.}"
	done
	! grep -q '^rrio: ' replay.err || fail "replay $1 complains: $(grep -m 1 '^rrio: ' replay.err)"
	rm -f replay.*.log
}

replays() { # COUNT
	local i
	for ((i = 1; i <= $1; i++)); do
		replay "$i"
	done
}

# ---- the table ----

# The functions below add to the array args, which is the emulator's command line.

# DEVICE[,OPTION…] for the drive d0.
device_args() { # MACHINE DEVICE
	local options=${2#"${2%%,*}"} bus=a0.0
	case $2 in
	virtio-blk*) args+=(-device "virtio-blk-pci,drive=d0$options") ;;
	virtio-scsi*) args+=(-device "virtio-scsi-pci,id=s0$options" -device scsi-hd,drive=d0,bus=s0.0) ;;
	scsi-hd*) args+=(-device virtio-scsi-pci,id=s0 -device "scsi-hd,drive=d0,bus=s0.0$options") ;;
	ide*) args+=(-device "ide-hd,drive=d0,bus=ide.0$options") ;;
	ahci*)
		[[ $1 == q35 ]] && bus=ide.0 || args+=(-device ahci,id=a0)
		args+=(-device "ide-hd,drive=d0,bus=$bus$options")
		;;
	nvme*) args+=(-device "nvme,drive=d0,serial=rrio$options") ;;
	usb-storage*) args+=(-device qemu-xhci,id=x0 -device "usb-storage,drive=d0,bus=x0.0$options") ;;
	*) fail "unknown device $2" ;;
	esac
}

declare -A disks=([bare.raw]=bare.img [bare.qcow2]=bare.qcow2 [linux.raw]=disk.raw [linux.qcow2]=disk.qcow2)

# The disk: read under a snapshot from where it was built, or a copy of the case's own, which restore_images renews;
# roomy: such a copy with 16 MiB more behind the file system.
drive_args() { # GUEST FORMAT DRIVE OPTIONS
	local image=$guests/${disks[$1.$2]} snapshot=on
	[[ -e $image ]] || fail "$image is missing; run: make test-parts"
	if [[ $3 != snapshot ]]; then
		cp --sparse=always -- "$image" "disk.$2.orig"
		[[ $3 != roomy ]] || qemu-img resize -q -f "$2" "disk.$2.orig" +16M
		image=disk.$2 snapshot=off
	fi
	args+=(-drive "if=none,id=d0,file=$image,format=$2,snapshot=$snapshot,$4")
}

guest_args() { # GUEST
	case $1 in
	bare) args+=(-m 64 -kernel "$guests/bare.elf") ;;
	linux) args+=(-m 256 -kernel "$guests/vmlinux" -initrd "$guests/initrd.img") ;;
	*) fail "unknown guest $1" ;;
	esac
}

# Words of the guest's own command line: what it does depends on the drive and the processors.
guest_words() { # GUEST DRIVE SMP
	local words=(console=ttyS0 quiet panic=-1 cryptomgr.notests nolapic_timer)
	if [[ $1 == bare ]]; then
		words=()
		[[ $2 != writable ]] || words+=(write)
		[[ $3 -eq 1 ]] || words+=(smp)
	fi
	args+=(-append "${words[*]} ${append-}")
}

# Sets args for one guest and drive; a case may add more, and append holds more words for the guest.
command_line() { # GUEST MACHINE DEVICE FORMAT DRIVE OPTIONS SMP ICOUNT
	args=(-M "$2" -smp "$7" -icount "$8" -nodefaults -display none -serial file:serial.log)
	guest_args "$1"
	guest_words "$1" "$5" "$7"
	drive_args "$1" "$4" "$5" "$6"
	device_args "$2" "$3"
	restore_images
}

# Some versions have engines that rrio cannot record.
need_engine() { # ENGINE
	local line
	line=$("$rrio" doctor qemu-system-x86_64 | grep -E "^aio=$1 ") || fail "rrio doctor does not speak of aio=$1"
	[[ $line == *' can be recorded'* ]] || skip "$line"
}

# One line of cases.list, which says what its columns are.
table_case() { # LINE
	local guest machine device format drive options smp icount count append='' extra words=() word
	read -r _ guest machine device format drive options smp icount count extra <<<"$1"
	for word in $extra; do
		case $word in
		plugin) words+=(-plugin "$B/insnhash.so,out=insns.log") ;;
		rrio.* | poll | depth=* | requests=* | reboot* | end=*) append+=" $word" ;;
		*) words+=("$word") ;;
		esac
	done
	[[ $options != *aio=io_uring* ]] || need_engine io_uring
	command_line "$guest" "$machine" "$device" "$format" "$drive" "$options" "$smp" "$icount"
	record "${args[@]}" "${words[@]}"
	replays "$count"
}
