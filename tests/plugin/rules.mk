# SPDX-License-Identifier: GPL-2.0-or-later
# The instruction hash: `make plugin` builds it; use it with -plugin $(B)/insnhash.so,out=FILE.
# It is loaded by an emulator that is not built with a sanitiser, so it never is either.
plugin: $(B)/insnhash.so

$(B)/insnhash.so: tests/plugin/insnhash.c tests/plugin/qemu-plugin.h
	@mkdir -p $(@D)
	$(call say,ld)
	$(Q)$(CC) $(CPPFLAGS) -std=c11 -O2 -g $(WARN) -fPIC -fvisibility=hidden -shared -o $@ $<

.PHONY: plugin
