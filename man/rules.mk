# SPDX-License-Identifier: GPL-2.0-or-later
# Manual pages: man/NAME.SECTION.md becomes build/man/NAME.SECTION, by lowdown. Without it there are none.
MAN_PAGES := $(patsubst man/%.md,$(B)/man/%,$(wildcard man/*.[1-8].md))
LOWDOWN   ?= lowdown

# NAME and section are the file's; its first line is the title.
$(B)/man/%: man/%.md
	@mkdir -p $(@D)
	$(call say,man)
	$(Q)$(LOWDOWN) -s -t man --out-no-smarty -M title='$(basename $*)' -M section='$(patsubst .%,%,$(suffix $*))' -M source='rrio $(VERSION)' \
		-M volume='rrio' -o $@ $<

# Part of `make` where lowdown is.
all: $(if $(shell command -v $(LOWDOWN)),$(MAN_PAGES))

#: make man                  the manual pages, into build/man
man: $(MAN_PAGES)

.PHONY: man
