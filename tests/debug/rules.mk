# SPDX-License-Identifier: GPL-2.0-or-later
#: make test-debug           gdb at replays of Linux, of several processors and of an aarch64 guest; five minutes
test-debug:
	scripts/setup build guest demo test debug
	$(MAKE) --no-print-directory test-parts guest-arm
	tests/run -j1 'debug/*' 'qemu/debug.*'

.PHONY: test-debug
