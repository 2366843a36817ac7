# SPDX-License-Identifier: GPL-2.0-or-later
# The benchmark: scripts/bench runs it, rows.list says what of.

$(B)/measure: $(B)/tests/bench/measure.o
	$(call say,ld)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

test-parts: $(B)/measure

#: make bench [PAIRS=7] [ROWS='seq* boot']  against the bare emulator and QEMU's own record and replay; hours
bench: all $(B)/measure guest-linux
	CPPFLAGS=-DRRIO_NO_BOUNCE $(MAKE) --no-print-directory B=$(B)-direct $(B)-direct/librrio.so
	scripts/bench -n $(or $(PAIRS),7) -d $(B)-direct/librrio.so $(ROWS)

#: make bench-growth [PAIRS=3] [ROWS='depth-*']  how it grows with requests in flight, disks, processors and time; half an hour
bench-growth: all $(B)/measure guest-bare guest-linux
	scripts/bench -n $(or $(PAIRS),3) -f tests/bench/growth.list -o $(B)/bench-growth $(ROWS)

.PHONY: bench bench-growth
