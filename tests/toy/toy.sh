# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# toy.sh - the toy emulator's cases: what tests/toy/driver tries, with the number of seeds that `make test` takes.

check() { # CASE
	[[ -x $B/tests/toy/check ]] || fail "build/tests/toy/check is not there; next: make toy-programs"
	"$B/tests/toy/check" "$@"
}

test_replays() { check replays; }
test_bare_runs_differ() { check bare; }
test_differences() { check differs; }
test_changed_image() { check changed-image; }
test_cut_recordings() { check cut; }
test_refusals() { check refusals; }
test_recording_given_up() { check gives-up; }
test_hangs() { check hangs; }
test_ends() { check ends; }
test_mutants() {
	MUTANTS_LOG=$PWD/mutants.log check mutants
	"$root/tests/mutate/summary" mutants.log
}
test_jobs_of_many_calls() { check many; }
test_jobs_without_calls() { check opaque; }
