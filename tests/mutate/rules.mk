# SPDX-License-Identifier: GPL-2.0-or-later
# A program that makes one change to a recording: what replay must notice. Used by the toy's driver and by mutants.sh.

$(B)/tests/mutate/mutate: $(call objects,tests/mutate) $(B)/librrj.a
	@mkdir -p $(@D)
	$(call say,ld)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lzstd

toy-programs: $(B)/tests/mutate/mutate

# A line for each of them, for tests/mutate/summary.
MUTANTS_LOG := $(B)/mutants.log

#: make test-mutants         200 recordings with one change each, replayed by the toy emulator; 32 by QEMU
test-mutants: test-parts
	@rm -f $(MUTANTS_LOG)
	cd $(B)/tests/toy && MUTANTS_LOG=$(abspath $(MUTANTS_LOG)) ./check mutants 52
	@tests/mutate/summary $(MUTANTS_LOG)
	@rm -f $(MUTANTS_LOG)
	MUTANTS_LOG=$(abspath $(MUTANTS_LOG)) TEST_MUTANTS=32 tests/run -j1 'mutate/*'
	@tests/mutate/summary $(MUTANTS_LOG)

.PHONY: test-mutants
