# SPDX-License-Identifier: GPL-2.0-or-later
# The crash tests: one program, in which the journal's calls to the system can be made to fail.

CRASH_OBJECTS := $(call objects,tests/crash)
FAILING = malloc calloc fstat64 ftruncate64 unlinkat sem_init pthread_create openat64 fcntl64 pread64 pwritev64

$(CRASH_OBJECTS): CPPFLAGS += -I.

$(B)/tests/unit/crash: $(CRASH_OBJECTS) $(B)/tests/unit/sample.o $(B)/librrj.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $(FAILING:%=-Wl,--wrap=%) -o $@ $^ -lcunit -lzstd

unit-programs: $(B)/tests/unit/crash

#: make test-journal         the journal alone: format, damage, kills and failing calls, with their counts
test-journal: unit-programs
	$(B)/unit-tests
	$(B)/tests/unit/crash

.PHONY: test-journal
