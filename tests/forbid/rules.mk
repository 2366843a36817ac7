# SPDX-License-Identifier: GPL-2.0-or-later
# A host that lets no process change its own code. For processes without a sanitiser, so it is never built with one.
test-parts: $(B)/forbid.so

$(B)/forbid.so: tests/forbid/forbid.c
	@mkdir -p $(@D)
	$(call say,ld)
	$(Q)$(CC) -D_GNU_SOURCE -std=c11 -O2 -g $(WARN) -fPIC -fvisibility=hidden -shared -o $@ $< -ldl
