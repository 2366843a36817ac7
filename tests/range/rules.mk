# SPDX-License-Identifier: GPL-2.0-or-later
# The core matrix on other releases of Debian, whose QEMU is another version: bookworm 7.2, trixie 10.0, sid the newest.
RANGE := bookworm trixie
RANGE_CASES := 'qemu/virtio-*' 'qemu/ide-*' 'qemu/ahci-*' 'qemu/nvme-*' 'qemu/usb-*' 'qemu/poll-*' \
	'qemu/linux-*' 'qemu/drives.two_iothreads_*' 'qemu/drives.compressed_*' 'qemu/refusals.*'

#: make test-range [RANGE='bookworm trixie sid']   the core matrix on other versions of QEMU; as root, half an hour or more
test-range: test-parts
	scripts/setup range
	@failed=; for release in $(RANGE); do \
		tests/range/debian $$release bash -c 'printf "\nDebian %s, %s\n" "$$0" "$$(qemu-system-x86_64 --version | head -n 1)"' $$release && \
		tests/range/debian $$release tests/run $(RANGE_CASES) || failed="$$failed $$release"; \
	done; printf '\nacross versions\n'; tests/run 'range/*' || failed="$$failed across"; \
	test -z "$$failed" || { echo "failed on:$$failed"; exit 1; }

.PHONY: test-range
