# SPDX-License-Identifier: GPL-2.0-or-later
# librrj.a (reads and writes journals) and rrio-inspect (shows them)

$(B)/librrj.a: $(call objects,journal)
	$(Q)rm -f $@
	$(call say,ar)
	$(Q)$(AR) rcs $@ $^

$(B)/rrio-inspect: $(call objects,journal/inspect) $(B)/librrj.a
	$(call say,ld)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lzstd -ljansson -lbsd

# The page is part of the program.
$(B)/journal/inspect/html.o: journal/inspect/page.html
