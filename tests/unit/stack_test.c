// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stack_test.c - the optional record STACK and the requests that name one: written and read, of a released version too,
 * and nothing of them where there are none.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "journal/compact.h"
#include "sample.h"

#define CALLS "raw_co_prw+0x10 /usr/bin/q+0x1234\0? /usr/bin/q+0x99\0"

/* tests/golden/v1-stack.hex is a closed recording of these. */
static const struct rrj_record with_stacks[] = {
	{ .type = RRJ_START, .start = {
		.id = "stack", .rrio_version = "", .emulator = "", .emulator_version = "", .build_id = "", .cwd = "",
		.data = RRJ_DATA_DIGEST } },
	{ .type = RRJ_STACK, .stack = { .id = 1, .frames = { CALLS, sizeof(CALLS) - 1 } } },
	{ .type = RRJ_TURN, .turn = { .seq = 1, .kind = RRJ_SLICE, .icount = 300, .releases = 3 } },
	{ .type = RRJ_REQUEST, .request = { .ticket = 1, .op = RRJ_READ, .calls = 1, .stack = 1 } },
	{ .type = RRJ_REQUEST, .request = { .ticket = 2, .op = RRJ_READ, .calls = 1 } },
	{ .type = RRJ_REQUEST, .request = { .ticket = 3, .op = RRJ_READ, .calls = 1, .stack = UINT32_MAX } },
	{ .type = RRJ_STACK, .stack = { .id = UINT32_MAX } },
	{ .type = RRJ_END, .end = { .cause = "exit", .turns = 1 } },
};

enum { RECORDS = sizeof(with_stacks) / sizeof(with_stacks[0]) };

static void check(int dir)
{
	struct rrj_reader *reader;
	struct rrj_record record;
	size_t n = 0;

	CU_ASSERT_FATAL(!rrj_reader_new(&reader, dir));
	while (rrj_next(reader, &record) > 0) {
		CU_ASSERT_FATAL(n < RECORDS);
		CU_ASSERT(same_record(&record, &with_stacks[n]));
		n++;
	}
	CU_ASSERT_EQUAL(n, RECORDS);
	CU_ASSERT_EQUAL(rrj_reader_state(reader), RRJ_WHOLE);
	rrj_reader_free(reader);
	remove_folder(dir);
}

static void test_stacks(void)
{
	int dir;
	struct rrj_writer *writer = attached_writer(&dir);

	for (int i = 0; i < RECORDS; i++)
		append(writer, &with_stacks[i]);
	CU_ASSERT(!rrj_writer_close(writer));
	check(dir);
}

static void test_golden(void)
{
	int dir = new_folder();

	CU_ASSERT(unhex(dir, "journal", "v1-stack"));
	check(dir);
}

/* A request that names no stack is what it was before there were any, byte for byte. */
static void test_no_stack(void)
{
	struct rrj_request request = { .ticket = 1, .op = RRJ_READ, .calls = 1, .length = 512, .result = 512 };
	uint8_t without[RRJ_DELTA_BOUND], with[RRJ_DELTA_BOUND];
	struct rrj_delta a = { 0 }, b = { 0 };
	size_t size = (size_t)(rrj_request_put(without, &request, &a) - without);

	request.stack = 5;
	CU_ASSERT_EQUAL((size_t)(rrj_request_put(with, &request, &b) - with), size + 1);
	CU_ASSERT(!memcmp(with, without, size) && with[size] == 5);
}

static void test_refused(void)
{
	struct rrj_writer *writer;
	struct rrj_record unended = { .type = RRJ_STACK, .stack = { .id = 1, .frames = { "main", 4 } } };

	CU_ASSERT_FATAL(!rrj_writer_new(&writer));
	CU_ASSERT_EQUAL(rrj_append(writer, &with_stacks[1]), -EINVAL); /* before START */
	append(writer, &with_stacks[0]);
	CU_ASSERT_EQUAL(rrj_append(writer, &unended), -EINVAL);
	CU_ASSERT_EQUAL(rrj_append(writer, &(struct rrj_record){ .type = RRJ_TYPES }), -EINVAL);
	rrj_writer_close(writer);
}

CU_TestInfo stack_tests[] = {
	{ "stacks and requests that name them", test_stacks },
	{ "the same of a released version", test_golden },
	{ "no byte more without a stack", test_no_stack },
	{ "stacks that are refused", test_refused },
	CU_TEST_INFO_NULL,
};
