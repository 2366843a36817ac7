# SPDX-License-Identifier: GPL-2.0-or-later
# librrio.so with ThreadSanitizer under the real emulator; what stands between the two is built without it.

#: make test-races           librrio.so with ThreadSanitizer under QEMU: engines, iothreads, RCU and VNC windows; minutes
test-races: test-parts $(B)/jumps.so $(B)-tsan/races/libunwind.so.8
	CFLAGS='-fsanitize=thread' LDFLAGS='-fsanitize=thread' $(MAKE) --no-print-directory B=$(B)-tsan $(B)-tsan/librrio.so
	tests/run 'races/*'

$(B)/jumps.so: tests/races/jumps.c
	@mkdir -p $(@D)
	$(call say,ld)
	$(Q)$(CC) -D_GNU_SOURCE -std=c11 -O2 -g $(WARN) -fPIC -fvisibility=default -shared -o $@ $< -ldl

# An empty one takes its place: the loader frees a thread's part of libunwind's thread-local memory later than the sanitizer
# knows of, which it reports. Without libunwind a report has no stacks.
$(B)-tsan/races/libunwind.so.8:
	@mkdir -p $(@D)
	$(call say,ld)
	$(Q)$(CC) -shared -Wl,-soname,$(@F) -o $@ -x c /dev/null

.PHONY: test-races
