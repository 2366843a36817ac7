# SPDX-License-Identifier: GPL-2.0-or-later
# The host's bad weather: `make faults` builds it; README.md says how it is used.
# It is loaded into processes that are not built with a sanitiser, so it never is either.
faults: $(B)/faults.so
test-parts: faults

$(B)/faults.so: $(wildcard tests/faults/*.c) tests/faults/faults.h
	@mkdir -p $(@D)
	$(call say,ld)
	$(Q)$(CC) -D_GNU_SOURCE -std=c11 -O2 -g $(WARN) -fPIC -fvisibility=hidden -shared -o $@ $(filter %.c,$^) -ldl

.PHONY: faults
