# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# patches.sh - what hooks/patches hand over is what hooks/emulator.def asks for. make test-patched builds one of them.

# Each row of the table: its need, then the names, newest first.
table_rows() {
	tr '\n' ' ' <"$root/hooks/emulator.def" | grep -oE 'ROW\((REQUIRED|OPTIONAL)[^"]*("[a-z_]+"[, ]*)+\)' |
		sed -E 's/^ROW\(([A-Z]+)[^"]*/\1 /; s/[",)]+/ /g'
}

handed_over() { # PATCH
	grep '^+ ' "$1" | grep -oE 'RRIO_SYMBOL\([a-z_]+\)|\{ "[a-z_]+",' | sed -E 's/^[^("]*[("]//; s/[)",]+$//'
}

test_names() {
	local patch need names name found
	table_rows >rows
	[[ $(grep -c ^REQUIRED rows) -ge 10 ]] || fail "only $(grep -c ^REQUIRED rows) required rows found"
	for patch in "$root"/hooks/patches/*.patch; do
		handed_over "$patch" | sort >names
		uniq -d names >twice
		[[ ! -s twice ]] || fail "${patch##*/} hands over twice: $(paste -sd ' ' twice)"
		while read -r name; do
			grep -qw -- "$name" rows || fail "${patch##*/} hands over $name, which nobody asks for"
		done <names
		while read -r need names; do
			found=$(tr -s ' ' '\n' <<<"$names" | grep -cxF -f names || :)
			[[ $found -le 1 ]] || fail "${patch##*/} hands over more than one of: $names"
			[[ $need == OPTIONAL || $found -eq 1 ]] || fail "${patch##*/} does not hand over $names"
		done <rows
	done
}

# Small enough to be read before it is applied.
test_size() {
	local patch added
	for patch in "$root"/hooks/patches/*.patch; do
		added=$(grep '^+' "$patch" | grep -vc '^+++')
		[[ $added -gt 10 && $added -lt 40 ]] || fail "${patch##*/} adds $added lines"
	done
}
