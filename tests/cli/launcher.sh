# shellcheck shell=bash disable=SC2154,SC2016
# SPDX-License-Identifier: GPL-2.0-or-later
#
# launcher.sh - rrio's command line without a guest: usage, the store, and what an emulator is started with.

# A program that says how it was started, with a name that needs quoting.
make_teller() {
	teller="./an \"emulator's\" name"
	cat >"$teller" <<-'END'
		#!/bin/bash
		printf '<%s>\n' "$@" "$RRIO_MODE" "${RRIO_DIR-}" "${RRIO_DATA-}"
		[[ $(</proc/self/maps) != *librrio.so* ]] || echo loaded
		exit 7
	END
	chmod +x "$teller"
}

test_help() {
	expect 0 "$rrio" --help
	local word
	for word in record replay verify ls info rm doctor; do
		matches out "rrio $word"
	done
	expect 2 "$rrio"
	matches err '^usage'
}

test_version() {
	expect 0 "$rrio" --version
	[[ "rrio $(sed -n 's/^VERSION := //p' "$root/Makefile")" == "$(cat out)" ]] || fail "the Makefile has another: $(cat out)"
}

test_usage_errors() {
	local line
	while IFS= read -r line; do
		# shellcheck disable=SC2086 # words
		expect 2 "$rrio" $line
		one_line .
	done <<-'END'
		frobnicate
		record
		record --
		record -o
		record --data
		record --data some qemu-system-x86_64
		record --loud qemu-system-x86_64
		record no-such-emulator
		replay a b
		replay --fast
		verify -n 0
		verify -n x
		verify -n
		ls all
		rm
		rm a b
		doctor a b
		doctor no-such-emulator
		replay --trust a b
		replay --until
		replay --until request
		replay --until 1.2.3
		replay --until rabbit
		replay --until=
		replay --until --speed
		replay -- -smp 2
		replay -- disk.img
		replay -- -gdb nowhere
		replay -- -gdb
		replay -- -qmp unix:
		replay -- -qmp unix:q,server=off
		replay -- -monitor stdio
		replay --monitor
		replay --gdb=somewhere
		replay -- -vnc :1
		replay -- -S
		replay -- -d
		replay -- -name guest
		verify --trust a b
		ls -o xml
		ls -o
		info -o yaml
		info a b
		pack -o
		pack a b
		pack --all
	END
}

test_no_recordings() {
	local command
	for command in replay verify info; do
		expect 65 "$rrio" $command
		one_line 'no recording'
		expect 65 "$rrio" $command nowhere
		one_line nowhere
		expect 65 "$rrio" $command "$rrio"
		one_line 'not a folder'
	done
	expect 65 "$rrio" rm nowhere
	expect 0 "$rrio" ls
	[[ ! -s out ]] || fail 'ls names recordings where there are none'
}

# A folder that is no recording is named and left alone.
test_rm_refuses() {
	mkdir -p mine
	touch mine/thesis
	expect 65 "$rrio" rm mine
	one_line mine
	[[ -e mine/thesis ]] || fail 'deleted what is not its own'
}

test_foreign_folder() {
	mkdir empty
	local command
	for command in replay verify info; do
		expect 65 "$rrio" $command empty
		one_line empty
	done
}

# The emulator gets its words, the environment and the library; its own status is kept.
test_record_passes_on() {
	local teller
	make_teller
	expect 7 "$rrio" record -o "it's \"here\"" --data full -- "$teller" 'a  b' '$HOME' "it's" ''
	cat >wanted <<-END
		<a  b>
		<\$HOME>
		<it's>
		<>
		<record>
		<$PWD/it's "here">
		<full>
		loaded
	END
	same wanted out
	expect 7 "$rrio" record "$teller" -o x
	matches out '^<-o>$'
}

# Installed below a folder with a space, which the loader's list of libraries cannot hold.
test_installed() {
	local teller rrio="$PWD/pre fix/bin/rrio"
	make_teller
	expect 0 make -C "$root" --no-print-directory B="$(realpath --relative-to="$root" "$B")" PREFIX="$PWD/pre fix" install
	expect 0 "$rrio" --version
	expect 7 "$rrio" record "$teller"
	matches out '^loaded$'
	expect 0 "$rrio" ls
	expect 0 "$PWD/pre fix/bin/rrio-inspect" --version
	expect 65 "$rrio" info nowhere
	truncate -s 100 "$PWD/pre fix/lib/librrio.so"
	expect 69 "$rrio" record "$teller"
	one_line 'cannot load librrio\.so \(cannot read file data\);'
}

completed() { # WORD...: what bash offers for the last one
	(
		# shellcheck source=scripts/completion/rrio.bash disable=SC1091
		. "$root/scripts/completion/rrio.bash"
		COMP_WORDS=(rrio "$@") COMP_CWORD=$#
		_rrio
		printf '%s\n' "${COMPREPLY[@]}"
	)
}

test_completion() {
	mkdir -p "$XDG_DATA_HOME/rrio/my-recording"
	[[ $(completed re | tr '\n' ' ') == 'record replay ' ]] || fail "for re: $(completed re)"
	[[ $(completed replay my) == my-recording ]] || fail "for replay my: $(completed replay my)"
	[[ $(completed record --data f) == full ]] || fail "for --data f: $(completed record --data f)"
	[[ $(completed replay --g) == --gdb ]] || fail "for replay --g: $(completed replay --g)"
	[[ $(completed replay --until r) == request ]] || fail "for --until r: $(completed replay --until r)"
	[[ $(completed ls -o j) == json ]] || fail "for ls -o j: $(completed ls -o j)"
}
