// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mkfiles.c - a program for the build: writes the files of the guest's disk into a folder, the same bytes each time.
 * Usage: mkfiles DIR. One thread. On failure it names the file and ends with status 1.
 */
#include <stdio.h>
#include <stdlib.h>

#include "pattern.h"

enum { CHUNK = 64 << 10 };

static void write_file(const char *dir, const char *name, uint64_t seed, uint64_t bytes)
{
	static uint64_t words[CHUNK / sizeof(uint64_t)];
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	if (!file)
		goto failed;
	for (uint64_t offset = 0; offset < bytes; offset += CHUNK) {
		pattern_fill(words, CHUNK, seed, offset);
		if (fwrite(words, CHUNK, 1, file) != 1)
			goto failed;
	}
	if (!fclose(file))
		return;
failed:
	perror(path);
	exit(1);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: mkfiles DIR\n");
		return 2;
	}
	write_file(argv[1], BIG_FILE, BIG_SEED, BIG_BYTES);
	write_file(argv[1], DIRECT_FILE, DIRECT_SEED, DIRECT_BYTES);
	for (unsigned int i = 0; i < N_PARTS; i++) {
		char name[32];

		snprintf(name, sizeof(name), PART_FILE, i);
		write_file(argv[1], name, PART_SEED + i, PART_BYTES);
	}
	return 0;
}
