# shellcheck shell=bash disable=SC2154,SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mutants.sh - recordings with one change each, replayed by QEMU: what is not as recorded is found within 10 seconds, and
# the report names the change or what follows from it within a few turns (tests/toy/driver/cases.c says why so many). TEST_MUTANTS is how many. The toy emulator tries more.

# A value of the report that is a number; empty: none.
reported() { # KEY
	sed -nE "s/^ *\"$1\": (-?[0-9]+),?\$/\\1/p" mutant/divergence.json | head -n 1
}

test_qemu() {
	local append=requests=60 seed name turn ticket at status began tried=0
	command_line bare pc virtio-blk raw snapshot cache=writeback 1 shift=5,sleep=off
	record "${args[@]}"
	for ((seed = 1; tried < ${TEST_MUTANTS:-8}; seed++)); do
		rm -rf mutant
		"$B/tests/mutate/mutate" rec mutant "$seed" >change || continue
		read -r name turn ticket <change
		status=0 began=$(date +%s%N)
		RRIO_PATIENCE=5 limited 30 "$rrio" replay mutant >out 2>err || status=$?
		[[ $status -eq 1 ]] || fail "mutant $seed ($name, turn $turn, request $ticket): status $status: $(tail -n 1 err)"
		matches err '^rrio: (diverged|replay hangs) at guest instruction'
		[[ $(($(date +%s%N) - began)) -lt 10000000000 ]] || fail "mutant $seed ($name, turn $turn): it took more than 10 s"
		at=$(reported turn)
		[[ $ticket -ne 0 && $(reported ticket) == "$ticket" || ($at -ge $((turn - 1)) && $at -le $((turn + 10))) ]] ||
			fail "mutant $seed ($name, turn $turn, request $ticket): named are turn $at, request $(reported ticket)"
		tried=$((tried + 1))
	done
	echo "$tried mutants, all found"
}
