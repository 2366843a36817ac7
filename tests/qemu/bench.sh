# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bench.sh - the benchmark's harness, with a small guest: no time is asserted.

rows() {
	cat >rows.list <<-'END'
		# name  guest  device  aio  cache  icount  seconds  more  words
		small   bare   nvme    threads  writeback  shift=5,sleep=off  1  -  requests=40
		saves   bare   nvme    threads  writeback  shift=5,sleep=off  1  snapshot  requests=40
		fails   bare   nvme    threads  writeback  shift=5,sleep=off  1  -  nonsense
	END
}

runs() { # PATTERN KIND VERDICT: lines of the results
	awk -F , -v row="$1" -v kind="$2" -v verdict="$3" '$1 == row && $3 == kind && $4 == verdict' bench/results.csv | wc -l
}

test_harness() {
	local kind
	rows
	expect 0 "$root/scripts/bench" -n 2 -f rows.list -o bench small
	for kind in bare record replay; do
		[[ $(runs small $kind ok) -eq 2 ]] || fail "not two good runs of kind $kind: $(tail -n 1 bench/results.csv)"
	done
	awk -F , '$3 == "record" && !($6 > 0 && $7 + $8 > 0 && $9 > 1000 && $10 > 100 && $11 > 1000000 && $12 && $13 && $14 >= 40) {
		exit 1 }' bench/results.csv || fail "a recording's line is not whole: $(grep ,record, bench/results.csv)"
	matches out '^small +2 +[0-9.]+ +[0-9]+% \| +[0-9.]+ +[0-9.]+ \| +[0-9.]+ +[0-9.]+ \|'
	! grep -q FAILED out || fail "a good run counts as failed"
	[[ -z $(ls -d bench/work.* 2>/dev/null) ]] || fail "the work folder is left"
}

# What saving costs is what a recording takes beside one that has nothing to save.
test_snapshot() {
	rows
	expect 0 "$root/scripts/bench" -n 1 -f rows.list -o bench saves
	[[ $(runs saves snapshot ok) -eq 1 ]] || fail "no good run with snapshot=on: $(tail -n 1 bench/results.csv)"
	matches out '^saves +1 .*\| +- +[0-9.]+ \| +- +- \|'
}

# A run that goes wrong is named, counted, and shows in the table and in the status.
test_failure() {
	rows
	expect 1 "$root/scripts/bench" -n 1 -f rows.list -o bench fails
	matches err '^bench: fails, pair 1, record: guest-fails'
	[[ $(runs fails record guest-fails) -eq 1 && $(runs fails record ok) -eq 0 ]] || fail "the failure is not in the results"
	matches out '^fails .*FAILED bare:guest-fails'
	expect 2 "$root/scripts/bench" -f rows.list -o bench nothing
	matches err 'no row is called nothing'
}

# An interrupted measurement keeps what it has.
test_interrupt() {
	local pid status=0
	rows
	"$root/scripts/bench" -n 20 -f rows.list -o bench small >out 2>err {say}>&- &
	pid=$!
	for ((i = 0; i < 200 && $(wc -l 2>/dev/null <bench/results.csv || echo 0) < 6; i++)); do
		sleep 0.1
	done
	kill -TERM "$pid"
	await "$pid" 60 "the benchmark after SIGTERM"
	wait "$pid" || status=$?
	[[ $status -eq 130 ]] || fail "status $status after an interrupt: $(tail -n 1 err)"
	matches out '^small '
	[[ $(runs small bare ok) -ge 1 ]] || fail "the runs before the interrupt are lost"
}
