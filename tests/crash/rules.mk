# SPDX-License-Identifier: GPL-2.0-or-later
# The crash tests: one program, in which the journal's calls to the system can be made to fail.

CRASH_OBJECTS := $(patsubst %,$(B)/tests/crash/%.o,crash_test failing)
FAILING = malloc calloc fstat64 ftruncate64 unlinkat sem_init pthread_create openat64 fcntl64 pread64 pwritev64

$(CRASH_OBJECTS): CPPFLAGS += -I.

$(B)/tests/unit/crash: $(CRASH_OBJECTS) $(B)/tests/unit/sample.o $(B)/librrj.a
	@mkdir -p $(@D)
	$(call say,ld)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(FAILING:%=-Wl,--wrap=%) -o $@ $^ -lcunit -lzstd

unit-programs: $(B)/tests/unit/crash

#: make test-journal         the journal alone: format, damage, kills and failing calls, with their counts
test-journal: unit-programs
	$(B)/unit-tests
	$(B)/tests/unit/crash

$(B)/bench-journal: $(B)/tests/crash/bench.o $(B)/librrj.a
	$(call say,ld)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lzstd

#: make bench-journal        10 million requests: cost of a commit, then of verify and of dump (real time and memory)
bench-journal: $(B)/bench-journal $(B)/rrio-inspect
	rm -rf $(B)/bench
	$(B)/bench-journal $(B)/bench $(REQUESTS)
	ls -l $(B)/bench
	bash -c 'TIMEFORMAT="verify %R s"; time $(B)/rrio-inspect verify $(B)/bench'
	bash -c 'TIMEFORMAT="dump %R s"; time $(B)/rrio-inspect dump $(B)/bench | wc -l'
	bash -c 'ulimit -v 65536; $(B)/rrio-inspect verify $(B)/bench' # memory: 64 MiB of address space are enough
	rm -rf $(B)/bench

#: make coverage             line coverage of journal/ by the unit and the crash tests
coverage:
	rm -rf $(B)-coverage
	$(MAKE) --no-print-directory B=$(B)-coverage CFLAGS='-O0 -g --coverage -std=c11 -MMD -MP -fPIC -fvisibility=hidden' LDFLAGS=--coverage test-journal
	cd $(B)-coverage/journal && gcov -n *.gcda | grep -A1 "^File 'journal/.*\.c'" | \
		awk -F '[:% ]+' '{ print } /^Lines/ { all += $$5; covered += $$3 * $$5 / 100 } \
			END { printf "journal/: %.1f %% of %d lines\n", covered * 100 / all, all }'

.PHONY: test-journal bench-journal coverage
