# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# errors.sh - ERRORS.md and the messages of librrio.so have the same ids, each once; and no message is without one.

# Ids at the end of a message's text, and those that a divergence is given.
ids_in_source() {
	cat "$root"/preload/*.c | sed -nE '/anon_inode/d; s/.*\[([a-z][a-z-]*)\]".*/\1/p'
	cat "$root"/preload/*.c | grep -oE '(diverged|hang)-[a-z-]+"' | tr -d '"'
}

ids_in_document() {
	grep -E '^\| .[a-z-]+. |^\| .[a-z-]+., ' "$root/ERRORS.md" | cut -d '|' -f 2 | tr -c 'a-z\n-' '\n' | grep -E '^[a-z-]+$' | grep -vx id
}

test_ids() {
	ids_in_source | sort >source
	ids_in_document | sort >document
	[[ $(wc -l <source) -gt 40 ]] || fail "only $(wc -l <source) ids are in the source"
	uniq -d source >twice
	[[ ! -s twice ]] || fail "used twice: $(paste -sd ' ' twice)"
	uniq -d document >twice
	[[ ! -s twice ]] || fail "twice in ERRORS.md: $(paste -sd ' ' twice)"
	diff source document >differs || fail "only in the source (<), or only in ERRORS.md (>): $(grep '^[<>]' differs | paste -sd ' ')"
}

# The text of each message() of a level that users see, and of each message_end(), up to its end.
test_every_message_has_one() {
	local file
	for file in "$root"/preload/*.c; do
		[[ $file != */message.c ]] || continue
		sed 's/);$/);\x01/' <"$file" | tr '\n\t\001' '  \n' | grep -oE '\bmessage(_end)?\(.*' || :
	done | grep -vE 'MESSAGE_(INFO|DEBUG)' >messages
	[[ $(wc -l <messages) -gt 40 ]] || fail "only $(wc -l <messages) messages found"
	grep -vE '\[([a-z][a-z-]*|%s)\]"' messages >without || :
	[[ ! -s without ]] || fail "without an id: $(head -n 3 without)"
}
