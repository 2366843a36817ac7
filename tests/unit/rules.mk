# SPDX-License-Identifier: GPL-2.0-or-later
# The unit tests, one program: every *_test.c here is a suite, and main.c lists them.

UNIT_OBJECTS := $(call objects,tests/unit)

$(UNIT_OBJECTS): CPPFLAGS += -I. -DSOURCES='"$(CURDIR)"'

$(B)/unit-tests: $(UNIT_OBJECTS) $(B)/librrj.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcunit -lzstd

# Where tests/run looks for programs.
$(B)/tests/unit/journal: $(B)/unit-tests
	ln -sf ../../unit-tests $@

unit-programs: $(B)/tests/unit/journal

.PHONY: unit-programs
