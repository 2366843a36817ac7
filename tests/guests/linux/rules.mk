# SPDX-License-Identifier: GPL-2.0-or-later
# The Linux guest: `make guest-linux` leaves its kernel, initrd and disks in $(B)/guests; README.md says how to start it.
# Its init is static and runs in the guest, so it is never built with a sanitiser.
linux_dir    := tests/guests/linux
linux_out    := $(B)/guests/linux
linux_guest  := $(addprefix $(B)/guests/,vmlinuz vmlinux initrd.img disk.raw disk.qcow2)
linux_cflags := -std=c11 -O2 $(WARN) -MMD -MP
linux_init   := $(patsubst %,$(linux_out)/%.o,init steps work network space second files drivers report)

guest-linux: $(linux_guest)

$(linux_guest) &: $(linux_dir)/build $(linux_dir)/modules $(linux_out)/init $(linux_out)/mkfiles
	$(linux_dir)/build $(B)

$(linux_out)/init: $(linux_init)
	$(call say,ld)
	$(Q)$(CC) -static -s -o $@ $^

$(linux_out)/mkfiles: $(linux_out)/mkfiles.o
	$(call say,ld)
	$(Q)$(CC) -o $@ $^

$(linux_out)/%.o: $(linux_dir)/%.c
	@mkdir -p $(@D)
	$(call say,cc)
	$(Q)$(CC) $(CPPFLAGS) $(linux_cflags) -c -o $@ $<

.PHONY: guest-linux
