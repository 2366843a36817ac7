/* SPDX-License-Identifier: GPL-2.0-or-later */
/* none.c - qemu-system-none: an emulator by name that exports nothing. Were it to run, it would say so. */
#include <stdio.h>

int main(void)
{
	puts("qemu-system-none runs");
	return 0;
}
