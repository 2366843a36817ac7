# SPDX-License-Identifier: GPL-2.0-or-later
# Programs of the command lines' tests.

# Of a journal that a test needs: the unit tests' samples, and a longer one.
$(B)/make-journal: $(B)/tests/cli/make-journal.o $(B)/librrj.a
	$(call say,ld)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lzstd

test-parts: $(B)/make-journal

#: make test-cli             the command lines alone
test-cli: all $(B)/make-journal
	tests/run 'cli/*'

#: make test-html            the page of rrio-inspect export --html in chromium; its picture is build/test-html/page.png
test-html: test-parts
	scripts/setup html
	tests/run 'cli/html.*'

.PHONY: test-cli test-html
