# SPDX-License-Identifier: GPL-2.0-or-later
# Emulators of other processors, with Debian's kernel for each. Their guests are built by the cases: each fetches some
# 50 MB, once.

#: make test-targets         the Linux guest on qemu-system-i386, aarch64, arm, riscv64, ppc64 and s390x; half an hour
test-targets: test-parts
	scripts/setup targets
	rm -f $(B)/targets/*/result
	tests/run 'targets/*'; status=$$?; printf '\n'; tests/targets/table $(B) && exit $$status

.PHONY: test-targets
