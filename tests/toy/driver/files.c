/* SPDX-License-Identifier: GPL-2.0-or-later */
/* files.c - images, and comparisons of files. Whatever cannot be read or written counts as a difference, or ends it. */
#include "driver.h"

#include <err.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IMAGE = 1 << 20 };

uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state * 0x2545f4914f6cdd1d;
}

void image_make(uint64_t seed)
{
	static uint64_t image[IMAGE / 8];
	int fd = open("disk", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	for (size_t i = 0; i < IMAGE / 8; i++)
		image[i] = random_next(&seed);
	if (fd < 0 || write(fd, image, IMAGE) != IMAGE)
		err(2, "disk");
	close(fd);
}

void image_change(void)
{
	int fd = open("disk", O_RDWR | O_CLOEXEC);

	for (off_t offset = 0; offset < IMAGE; offset += 256)
		if (fd < 0 || pwrite(fd, "changed", 7, offset + 100) != 7)
			err(2, "disk");
	close(fd);
}

static char *content(const char *path, size_t *size)
{
	FILE *file = fopen(path, "re");
	char *bytes = NULL;
	FILE *memory;
	int c;

	if (!file)
		return NULL;
	memory = open_memstream(&bytes, size);
	while (memory && (c = getc(file)) != EOF)
		putc(c, memory);
	fclose(file);
	if (!memory || fclose(memory))
		err(2, "memory");
	return bytes;
}

static bool compare(const char *whole, const char *part, bool all)
{
	size_t whole_size = 0, part_size = 0;
	char *a = content(whole, &whole_size), *b = content(part, &part_size);
	bool same = a && b && part_size <= whole_size && (!all || part_size == whole_size) && !memcmp(a, b, part_size);

	free(a);
	free(b);
	return same;
}

bool file_same(const char *a, const char *b)
{
	return compare(a, b, true);
}

bool file_begins(const char *whole, const char *beginning)
{
	return compare(whole, beginning, false);
}

bool file_has(const char *path, const char *text)
{
	size_t size = 0;
	char *bytes = content(path, &size);
	bool has = bytes && strstr(bytes, text);

	free(bytes);
	return has;
}

long file_size(const char *path)
{
	size_t size = 0;
	char *bytes = content(path, &size);

	free(bytes);
	return bytes ? (long)size : -1;
}

bool file_any(const char *pattern)
{
	glob_t found;
	bool any = glob(pattern, 0, NULL, &found) == 0;

	if (any)
		globfree(&found);
	return any;
}

bool file_cut(const char *from, const char *to, long size)
{
	size_t all = 0;
	char *bytes = content(from, &all);
	FILE *file = fopen(to, "we");
	bool good = bytes && file && size <= (long)all && fwrite(bytes, 1, (size_t)size, file) == (size_t)size;

	free(bytes);
	return !(file && fclose(file)) && good;
}
