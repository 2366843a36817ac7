# SPDX-License-Identifier: GPL-2.0-or-later
# The core matrix on an emulator that exports nothing and has rrio's hook.
PATCHED_CASES := 'qemu/virtio-*' 'qemu/ide-*' 'qemu/ahci-*' 'qemu/nvme-*' 'qemu/usb-*' 'qemu/poll-*' \
	qemu/linux-ide qemu/linux-ahci 'qemu/drives.two_iothreads_*'

#: make test-patched         builds a QEMU with rrio's hook, which exports nothing, and runs the core matrix on it; an hour
test-patched: test-parts
	scripts/setup patched
	scripts/build-patched-qemu
	tests/run 'patched/*'
	PATH="$(CURDIR)/build-qemu/patched:$$PATH" tests/run $(PATCHED_CASES)

.PHONY: test-patched
