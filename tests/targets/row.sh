# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
#
# row.sh - a line of targets.list. Sourced by what reads the table.

# Sets arch, suites, kernel, compiler, console, disk and the array machine; status 1 if there is no such target.
target_row() { # NAME
	local row
	row=$(grep -E "^$1 " "${BASH_SOURCE[0]%/*}/targets.list") || return 1
	read -r _ arch suites kernel compiler console disk machine <<<"$row"
	read -ra machine <<<"$machine"
}

target_names() {
	sed -nE 's/^([a-z][a-z0-9_]*) .*/\1/p' "${BASH_SOURCE[0]%/*}/targets.list"
}
