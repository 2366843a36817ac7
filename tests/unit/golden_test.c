// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * golden_test.c - journals that were written when a version was released stay readable: tests/golden, as `xxd -p` shows
 * them. v1-closed is a closed recording of the samples, v1-live one whose writer was killed, v1-compact one with the
 * feature of that name.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sample.h"

bool unhex(int dir, const char *name, const char *golden)
{
	char path[256];
	unsigned byte;
	FILE *from, *to;
	int fd;

	snprintf(path, sizeof(path), SOURCES "/tests/golden/%s.hex", golden);
	from = fopen(path, "r");
	if (!from)
		return false;
	fd = openat(dir, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	to = fdopen(fd, "w");
	CU_ASSERT_FATAL(to != NULL);
	while (fscanf(from, "%2x", &byte) == 1)
		fputc((int)byte, to);
	fclose(from);
	CU_ASSERT(!fclose(to));
	return true;
}

static void check(int dir)
{
	enum rrj_state state = RRJ_MORE;
	uint64_t offset;
	int last;

	CU_ASSERT_EQUAL(read_samples(dir, &last, &state, &offset), sample_count);
	CU_ASSERT_EQUAL(last, 0);
	CU_ASSERT_EQUAL(state, RRJ_WHOLE);
	remove_folder(dir);
}

static void test_closed(void)
{
	int dir = new_folder();

	CU_ASSERT(unhex(dir, "journal", "v1-closed"));
	check(dir);
}

static void test_compact(void)
{
	int dir = new_folder();

	CU_ASSERT(unhex(dir, "journal", "v1-compact"));
	check(dir);
}

static void test_live(void)
{
	int dir = new_folder();
	char golden[32];

	for (int i = 0; i < FILES; i++) {
		snprintf(golden, sizeof(golden), "v1-live-%s", file_names[i]);
		unhex(dir, file_names[i], golden);
	}
	CU_ASSERT(has_file(dir, "tail.0") || has_file(dir, "tail.1"));
	check(dir);
}

CU_TestInfo golden_tests[] = {
	{ "a closed recording of version 1", test_closed },
	{ "one whose writer was killed", test_live },
	{ "a closed recording with turns and requests in their compact form", test_compact },
	CU_TEST_INFO_NULL,
};
