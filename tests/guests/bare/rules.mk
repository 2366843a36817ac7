# SPDX-License-Identifier: GPL-2.0-or-later
# The bare guest: `make guest-bare` leaves bare.elf, bare.img and bare.qcow2 in $(B)/guests; README.md says how to start
# it. It is for a processor without C library, so it has flags of its own and no sanitiser.
bare_dir     := tests/guests/bare
bare_out     := $(B)/guests/bare
bare_guest   := $(addprefix $(B)/guests/bare.,elf img qcow2)
bare_target  := -m32 -march=i686 -ffreestanding
bare_cflags  := -std=c11 -O2 $(WARN) $(bare_target) -mgeneral-regs-only -fno-pic -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fcf-protection=none -MMD -MP
bare_objects := $(patsubst $(bare_dir)/%,$(bare_out)/%.o,$(basename $(filter-out %/mkimage.c, \
	$(wildcard $(bare_dir)/*.S $(bare_dir)/*.c $(bare_dir)/drivers/*.c))))

guest-bare: $(bare_guest)

$(B)/guests/bare.elf: $(bare_objects) $(bare_dir)/bare.ld
	$(call say,ld)
	$(Q)$(LD) -m elf_i386 -nostdlib -z max-page-size=4096 -T $(bare_dir)/bare.ld -o $@ $(bare_objects)

$(bare_out)/%.o: $(bare_dir)/%.c
	@mkdir -p $(@D)
	$(call say,cc)
	$(Q)$(CC) $(bare_cflags) -c -o $@ $<

$(bare_out)/%.o: $(bare_dir)/%.S
	@mkdir -p $(@D)
	$(call say,cc)
	$(Q)$(CC) $(bare_target) -c -o $@ $<

$(bare_out)/mkimage: $(bare_dir)/mkimage.c
	@mkdir -p $(@D)
	$(call say,ld)
	$(Q)$(CC) -std=c11 -O2 $(WARN) -MMD -MP -o $@ $<

$(B)/guests/bare.img: $(bare_out)/mkimage
	$< >$@

$(B)/guests/bare.qcow2: $(B)/guests/bare.img
	qemu-img convert -f raw -O qcow2 $< $@

.PHONY: guest-bare
