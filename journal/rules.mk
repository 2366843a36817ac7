# SPDX-License-Identifier: GPL-2.0-or-later
# librrj.a (reads and writes journals) and rrio-inspect (shows them)

$(B)/librrj.a: $(call objects,journal)
	rm -f $@
	$(AR) rcs $@ $^

$(B)/rrio-inspect: $(call objects,journal/inspect) $(B)/librrj.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lzstd -ljansson -lbsd
