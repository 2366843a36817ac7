# SPDX-License-Identifier: GPL-2.0-or-later
# Building the tests' parts and running them. tests/run says how each case went and closes with the totals.

include $(wildcard tests/*/rules.mk tests/guests/*/rules.mk)

test-parts: all unit-programs guest-bare guest-linux plugin $(B)/person

#: make test                 everything in about 10 minutes: unit tests, command lines, guests; "N passed, N failed"
test:
	scripts/setup build guest demo test
	$(MAKE) --no-print-directory test-parts
	tests/run

#: make unit                 the unit tests alone
unit: unit-programs
	tests/run 'unit/*'

#: make test-matrix          every combination of device, image, cache, engine, processors and clock; two hours or more
test-matrix: test-parts
	TEST_MATRIX=1 tests/run 'matrix/*' >$(B)/matrix.log; status=$$?; \
		grep -v ^ok $(B)/matrix.log; tests/qemu/matrix-table $(B)/matrix.log; exit $$status

#: make test-outside         consoles, displays, networks, monitors and what goes wrong with them; three quarters of an hour
test-outside:
	scripts/setup build guest demo test outside
	$(MAKE) --no-print-directory test-parts
	tests/run 'outside/*'

#: make test-drives          discards, zeroes, flushes, images that grow and disks that go, on every engine; half an hour
test-drives: test-parts
	tests/run 'drives/*'

#: make test-load            many replays while both cores do other work
test-load: test-parts
	TEST_LOAD=20 TEST_LIMIT=7200 tests/run -j1 'qemu/load.*'

#: make test-soak [N=100] [JOBS=4]   N recordings of the Linux guest, each replayed 3 times, JOBS at a time; an hour
test-soak: test-parts
	TEST_SOAK=$(or $(N),100) TEST_SOAK_JOBS=$(or $(JOBS),4) TEST_LIMIT=86400 tests/run -j1 'qemu/load.soak'

.PHONY: test-parts test unit test-matrix test-outside test-drives test-load test-soak
