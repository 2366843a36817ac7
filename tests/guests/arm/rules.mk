# SPDX-License-Identifier: GPL-2.0-or-later
# The aarch64 guest: `make guest-arm` leaves arm.elf in $(B)/guests. It needs Debian's cross binutils (make test-debug).
arm_tool := aarch64-linux-gnu-

guest-arm: $(B)/guests/arm.elf

$(B)/guests/arm.o: tests/guests/arm/arm.S
	@mkdir -p $(@D)
	$(Q)$(arm_tool)as -g -o $@ $<

# Where -M virt has its memory, behind the device tree.
$(B)/guests/arm.elf: $(B)/guests/arm.o
	$(call say,ld)
	$(Q)$(arm_tool)ld -Ttext=0x40080000 -o $@ $<

.PHONY: guest-arm
