# SPDX-License-Identifier: GPL-2.0-or-later
# A program that makes one change to a recording: what replay must notice. Used by the toy's driver and by mutants.sh.

$(B)/tests/mutate/mutate: $(call objects,tests/mutate) $(B)/librrj.a
	@mkdir -p $(@D)
	$(call say,ld)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lzstd

toy-programs: $(B)/tests/mutate/mutate

#: make test-mutants         200 recordings with one change each, replayed by the toy emulator; 30 by QEMU
test-mutants: test-parts
	cd $(B)/tests/toy && ./check mutants 50
	TEST_MUTANTS=30 tests/run -j1 'mutate/*'

.PHONY: test-mutants
