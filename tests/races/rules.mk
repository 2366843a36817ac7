# SPDX-License-Identifier: GPL-2.0-or-later
# librrio.so with ThreadSanitizer under the real emulator; what stands between the two is built without it.

#: make test-races           librrio.so with ThreadSanitizer under QEMU: engines, iothreads, RCU and VNC windows; minutes
test-races: test-parts $(B)/jumps.so
	CFLAGS='-fsanitize=thread' LDFLAGS='-fsanitize=thread' $(MAKE) --no-print-directory B=$(B)-tsan $(B)-tsan/librrio.so
	tests/run 'races/*'

$(B)/jumps.so: tests/races/jumps.c
	@mkdir -p $(@D)
	$(call say,ld)
	$(Q)$(CC) -D_GNU_SOURCE -std=c11 -O2 -g $(WARN) -fPIC -fvisibility=default -shared -o $@ $< -ldl

.PHONY: test-races
