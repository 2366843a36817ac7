# SPDX-License-Identifier: GPL-2.0-or-later
# The unit tests, one program: every *_test.c here is a suite, and main.c lists them.

UNIT_OBJECTS := $(call objects,tests/unit)

$(UNIT_OBJECTS): CPPFLAGS += -I. -DSOURCES='"$(CURDIR)"'

# What is tested of the preload library; -rdynamic: a function can only be replaced when its symbol can be found.
UNIT_OF_PRELOAD := $(addprefix $(B)/,hooks/entry.o preload/message.o preload/folder.o preload/interpose.o preload/warp.o)

$(B)/unit-tests: $(UNIT_OBJECTS) $(UNIT_OF_PRELOAD) $(B)/librrj.a | $(B)/librrio.so
	$(call say,ld)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -rdynamic -o $@ $^ -lcunit -lzstd

# Where tests/run looks for programs.
$(B)/tests/unit/journal: $(B)/unit-tests
	ln -sf ../../unit-tests $@

unit-programs: $(B)/tests/unit/journal

.PHONY: unit-programs
