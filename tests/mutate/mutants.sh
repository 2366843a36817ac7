# shellcheck shell=bash disable=SC2154,SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mutants.sh - recordings with one change each, replayed by QEMU: what is not as recorded is found within 10 seconds, and
# the report names the change, or comes before the next turn that has a digest has started (mutate.c). TEST_MUTANTS is how
# many.

# A value of the report that is a number; empty: none.
reported() { # KEY
	sed -nE "s/^ *\"$1\": (-?[0-9]+),?\$/\\1/p" mutant/divergence.json | head -n 1
}

# Which request the report names: it, which was changed; another, or none; or -, where no request was changed.
named() { # TICKET
	if [[ $1 -eq 0 ]]; then
		echo -
	elif [[ $(reported ticket) == "$1" ]] || grep -qE "\(requests: ([0-9]+, )*$1[,)]" mutant/divergence.json; then
		echo it
	else
		echo other
	fi
}

# Of a request that is no longer there, or elsewhere, what follows may be another one's; so may an error's for the guest.
must_be_named() { # CHANGE TICKET
	[[ $2 -ne 0 && $1 != swap && $1 != drop && $1 != result ]]
}

one_mutant() { # SEED
	local name turn ticket due by_chance status=0 began=$EPOCHREALTIME took at when=due who
	read -r name turn ticket due by_chance <change
	RRIO_PATIENCE=5 limited 30 "$rrio" replay mutant >out 2>err || status=$?
	took=$(((${EPOCHREALTIME/./} - ${began/./}) / 1000))
	[[ $status -eq 1 ]] || fail "mutant $1 ($name, turn $turn, request $ticket): status $status: $(tail -n 1 err)"
	matches err '^rrio: (diverged|replay hangs) at guest instruction'
	[[ $took -lt 10000 ]] || fail "mutant $1 ($name, turn $turn): it took $took ms"
	at=$(reported turn) who=$(named "$ticket")
	[[ $at -ge $((turn - 1)) && $at -le $by_chance ]] ||
		fail "mutant $1 ($name, turn $turn, request $ticket): due by turn $due, named is turn $at"
	[[ $at -le $due ]] || when=late
	if [[ $when == due && $who != it ]] && must_be_named "$name" "$ticket"; then
		fail "mutant $1 ($name, turn $turn, request $ticket): the report does not name the request"
	fi
	echo "$name $((at - turn)) $when $who $took" >>"$log"
}

test_qemu() {
	local append=requests=60 seed tried=0 log=${MUTANTS_LOG:-$PWD/mutants.log}
	command_line bare pc virtio-blk raw snapshot cache=writeback 1 shift=5,sleep=off
	record "${args[@]}"
	for ((seed = 1; tried < ${TEST_MUTANTS:-8}; seed++)); do
		rm -rf mutant
		"$B/tests/mutate/mutate" rec mutant "$seed" >change || continue
		one_mutant "$seed"
		tried=$((tried + 1))
	done
	"$root/tests/mutate/summary" "$log"
}
