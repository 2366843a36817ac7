# SPDX-License-Identifier: GPL-2.0-or-later
# build/person: sits at a terminal for the cases of outside.sh
$(B)/person: $(B)/tests/qemu/person.o $(B)/tests/qemu/secure.o
	$(call say,ld)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lgnutls
