// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mkimage.c [MIB] - writes a disk image to standard output: 16 MiB, or as many as said, every sector filled from its
 * number. Runs on the host.
 */
#include "pattern.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	unsigned long mib = argc > 1 ? strtoul(argv[1], NULL, 10) : 16;

	for (uint32_t sector = 0; sector < mib * (1024 * 1024 / SECTOR_SIZE); sector++)
		for (uint32_t i = 0; i < SECTOR_WORDS; i++) {
			uint32_t word = pattern_word(sector, 0, i);

			for (int shift = 0; shift < 32; shift += 8)
				putchar((int)(word >> shift & 0xff));
		}
	if (fflush(stdout) || ferror(stdout)) {
		perror("mkimage");
		return 1;
	}
	return 0;
}
