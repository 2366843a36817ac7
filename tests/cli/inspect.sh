# shellcheck shell=bash disable=SC2154,SC2016
# SPDX-License-Identifier: GPL-2.0-or-later
#
# inspect.sh - rrio-inspect: what it prints (inspect.list), to whom it prints, and what it writes for other programs.

inspect=$B/rrio-inspect
golden=$root/tests/cli/golden

report() { # REQUEST: a report as a diverging replay leaves it
	jq -n --argjson request "$1" '{version: 1, when: "2026-11-25T12:00:00Z", rrio_version: "0.1.0", icount: 451000, turn: 8, kind: "idle",
		loop: 0, id: "diverged-request", text: "request 14 is not the recorded one", expected: {file: 1, operation: "write", checksum: 7},
		actual: {file: 1, operation: "write", checksum: 8}, request: $request, events: ["turn 8 at 401000"],
		threads: [{name: "qemu", tid: 17, role: "main", frames: ["ppoll+0x1 (libc)"]}], registers: "RAX=1\nRBX=2", notes: ["ungated-job"]}'
}

journals() {
	local how
	for how in a other note; do
		"$B/make-journal" $how $how
	done
	"$B/make-journal" cut killed
	cp -r cut damaged
	printf X | dd of=damaged/tail.0 bs=1 seek=$(($(stat -c %s cut/tail.0) / 2)) conv=notrunc status=none
	truncate -s -1 cut/tail.0
	cp -r a diverged
	report '{"ticket": 13, "file": "x", "op": "write", "offset": 0, "length": 1}' >diverged/divergence.json
}

test_golden() {
	local name status words got said
	journals
	while read -r name status words; do
		[[ $name && $name != '#'* ]] || continue
		got=0
		eval "\"\$inspect\" $words" >out 2>err </dev/null || got=$?
		said=$(cat out err | tr '\0' '\n' | sed -E 's/(rrio-inspect )[0-9]+\.[0-9]+\.[0-9]+/\1VERSION/')
		printf '%s\n' "${said//"$PWD"/HERE}" >"$name.txt"
		if [[ -n ${TEST_UPDATE:-} ]]; then
			cp "$name.txt" "$golden/"
		fi
		[[ $got -eq $status ]] || fail "$name: status $got instead of $status from: rrio-inspect $words"
		cmp -s "$golden/$name.txt" "$name.txt" ||
			fail "$name: prints something else: $(diff "$golden/$name.txt" "$name.txt" | head -n 3 | tr '\n' ' ')"
		[[ $name == bad-* || $name == *chrome* || $name == *json* || $name == *csv* || $name == stats-json || $name == help ]] ||
			[[ $(sed '/^rrio: /d; /^rrio-inspect: /d' "$name.txt" | wc -L) -le 132 ]] || fail "$name: a line is too long"
	done <"$root/tests/cli/inspect.list"
}

# Every option of --help and every command is in a case and in the manual page.
test_complete() {
	local option
	for option in $("$inspect" --help | sed /^RECORDING/q | grep -oE '^ {6}--?[a-zA-Z-]+|^  [a-z]+' | sort -u); do
		grep -qF -- "$option" "$root/man/rrio-inspect.1.md" || fail "$option is not in the manual page"
		grep -rqF -- "$option" "$root/tests/cli/inspect.list" "$root/tests/cli/inspect.sh" "$root/tests/cli/html.sh" ||
			fail "no case has $option"
	done
}

test_schema() {
	local journal
	journals
	for journal in a other note; do
		"$inspect" dump -o ndjson $journal >lines
		jq -n -r --slurpfile schema "$root/journal/inspect/ndjson.schema.json" -f "$root/tests/cli/ndjson.jq" lines >faults
		[[ ! -s faults ]] || fail "not as the schema says: $(head -n 1 faults)"
	done
	[[ $(head -n 1 lines | jq .version) -eq 1 ]] || fail 'the first line does not name the version'
	jq -c 'if .type == "turn" then .new = 1 else . end' lines >wrong
	jq -n -r --slurpfile schema "$root/journal/inspect/ndjson.schema.json" -f "$root/tests/cli/ndjson.jq" wrong >faults
	matches faults 'turn with new'
}

test_chrome() {
	journals
	expect 0 "$inspect" export --chrome -o trace.json a
	jq -e '.traceEvents as $e | [$e[] | select(.ph | IN("s", "t", "f"))] | group_by(.id) | length == 30 and
		all(map(.ph) | sort == ["f", "s", "t"])' trace.json >/dev/null || fail 'flows do not pair up'
	jq -e '[.traceEvents[] | select(.ph == "X")] | length > 60 and all(.dur > 0)' trace.json >/dev/null || fail 'slices without length'
	"$inspect" dump -o ndjson a type=input >inputs
	jq -e --slurpfile inputs inputs '[.traceEvents[] | select(.ph == "X" and .pid == 2) | .args.size] ==
		[$inputs[] | select(.type == "input") | .size] and length > 0' trace.json >/dev/null || fail 'not all inputs are there'
	expect 65 "$inspect" export --chrome -o nowhere/trace.json a
	one_line nowhere
}

# | head closes its end early; a full disk is told.
test_pipes() {
	journals
	"$inspect" dump a 2>err | head -n 2 >out
	[[ ! -s err && $(wc -l <out) -eq 2 ]] || fail "| head: $(cat err)"
	[[ ! -e /dev/full ]] || ! "$inspect" dump a >/dev/full 2>err || fail 'a full disk is a success'
	one_line 'No space left'
}

# On a terminal: a pager, colours, and neither when it is not wanted.
test_terminal() {
	journals
	on_terminal() { # COMMAND
		TERM=xterm script -qec "$1" /dev/null </dev/null | tr -d '\r' >out
	}
	export RRIO_PAGER='sed s/^/paged:/'
	unset NO_COLOR
	on_terminal "'$inspect' dump a r17"
	matches out '^paged:.*TICKET'
	matches out $'\033\\[1;31m|-EIO'
	matches out $'\033\\['
	on_terminal "'$inspect' dump --no-pager a r17"
	! grep paged out || fail 'a pager although none is wanted'
	NO_COLOR=1 on_terminal "'$inspect' dump a r17"
	! grep $'\033' out || fail 'colours although NO_COLOR is set'
	COLUMNS=40 on_terminal "'$inspect' stats --hist a | grep '#'"
	[[ $(wc -L <out) -le 41 ]] || fail 'bars are wider than the terminal'
}

# A recording that is being made: -f shows what comes, and ends with it; a killed writer's ends, too.
test_follow() {
	local pid reader i
	"$B/make-journal" live live &
	pid=$!
	await_file live/journal
	"$inspect" dump -f live >followed &
	reader=$!
	for ((i = 0; i < 100; i++)); do
		[[ $(grep -c ' turn ' followed) -le 5 ]] || break
		sleep 0.1
	done
	[[ $i -lt 100 ]] || fail 'nothing is shown while it is being made'
	touch stop
	await $pid 10 make-journal
	await $reader 10 rrio-inspect dump -f
	matches followed ' end '
	expect 0 "$inspect" dump live
	same out followed
}

await_file() { # FILE
	local i
	for ((i = 0; i < 100; i++)); do
		[[ ! -s $1 ]] || return 0
		sleep 0.05
	done
	fail "$1 does not appear"
}

test_cursor() {
	journals
	expect 0 "$inspect" dump a
	tail -n +2 out >all
	expect 0 "$inspect" dump --cursor-file cursor a ..t5
	tail -n +2 out >parts
	expect 0 "$inspect" dump --cursor-file cursor a
	tail -n +2 out >>parts
	same all parts
	expect 0 "$inspect" dump --cursor-file cursor a
	[[ $(wc -l <out) -eq 1 ]] || fail 'shown again'
	"$B/make-journal" b
	sed -i 's/^./f/' cursor
	expect 2 "$inspect" dump --cursor-file cursor b
	one_line 'another recording'
}

# Bytes that are no terminal's business, and a report that is none.
test_unsafe() {
	journals
	echo '{' >diverged/divergence.json
	expect 65 "$inspect" explain diverged
	one_line divergence.json
	echo '{"version": 2}' >diverged/divergence.json
	expect 65 "$inspect" explain diverged
	one_line 'another version'
	report null | jq '.text = "a\u001b[31mb"' >diverged/divergence.json
	expect 0 "$inspect" explain diverged
	! grep $'\033' out || fail 'a report reaches the terminal'
}

# As a program of others: by pkg-config from where it was installed.
test_library() {
	local flags installed
	type -P pkg-config >/dev/null || skip 'pkg-config is not here'
	installed=$(mktemp -d) # flags are words: no path of the user's may be in them
	# shellcheck disable=SC2064 # this folder
	trap "rm -rf '$installed'" EXIT
	expect 0 make -C "$root" --no-print-directory B="$(realpath --relative-to="$root" "$B")" PREFIX="$installed" install
	flags=$(PKG_CONFIG_PATH=$installed/lib/pkgconfig pkg-config --cflags --libs rrj)
	# shellcheck disable=SC2086 # words
	expect 0 cc -std=c11 -D_GNU_SOURCE -o reader "$root/tests/cli/make-journal.c" $flags
	./reader mine
	expect 0 ./reader --read mine
	matches out '^request 30$'
	matches out '^whole$'
	[[ -e $installed/share/rrio/ndjson.schema.json ]] || fail 'the schema is not installed'
}
