// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * order_test.c - the writer's rules: what it refuses, when it writes, and what a full disk leaves.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sample.h"

static const struct rrj_record *const start = &samples[0], *const file = &samples[1], *const turn = &samples[4];

static const struct rrj_record *end(void)
{
	return &samples[sample_count - 1];
}

static off_t size_of(int dir, const char *name)
{
	struct stat st;

	CU_ASSERT_FATAL(!fstatat(dir, name, &st, 0));
	return st.st_size;
}

static void test_order(void)
{
	int fd;
	struct rrj_writer *writer = attached_writer(&fd);

	CU_ASSERT_EQUAL(rrj_append(writer, file), -EINVAL);
	append(writer, start);
	CU_ASSERT_EQUAL(rrj_append(writer, start), -EINVAL);
	append(writer, end());
	CU_ASSERT_EQUAL(rrj_append(writer, file), -EINVAL);
	CU_ASSERT_EQUAL(rrj_append(writer, end()), -EINVAL);
	CU_ASSERT_EQUAL(rrj_writer_close(writer), 0);
	remove_folder(fd);
}

static void test_values(void)
{
	static const struct rrj_record wrong[] = {
		{ .type = 0 },
		{ .type = RRJ_TYPES },
		{ .type = RRJ_TURN, .turn = { .kind = 0 } },
		{ .type = RRJ_TURN, .turn = { .kind = RRJ_AGAIN + 1 } },
		{ .type = RRJ_REQUEST, .request = { .op = 0 } },
		{ .type = RRJ_REQUEST, .request = { .op = RRJ_COMPUTE + 1 } },
		{ .type = RRJ_INPUT, .input = { .source = 0, .data = "" } },
		{ .type = RRJ_INPUT, .input = { .source = RRJ_LOOKED_UP + 1, .data = "" } },
		{ .type = RRJ_INPUT, .input = { .source = RRJ_SIGNAL, .data = "short", .size = 5 } },
		{ .type = RRJ_INPUT, .input = { .source = RRJ_GETRANDOM, .data = NULL, .size = 1 } },
	};
	struct rrj_record record = *start;
	int fd;
	struct rrj_writer *writer = attached_writer(&fd);

	record.start.argv = (struct rrj_strings){ "no NUL", 6 };
	CU_ASSERT_EQUAL(rrj_append(writer, &record), -EINVAL);
	append(writer, start);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CU_ASSERT_EQUAL(rrj_append(writer, &wrong[i]), -EINVAL);
	CU_ASSERT_EQUAL(rrj_writer_close(writer), 0);
	remove_folder(fd);
}

static void test_commit(void)
{
	int fd;
	struct rrj_writer *writer = attached_writer(&fd);

	CU_ASSERT_EQUAL(rrj_commit(writer), 0);
	CU_ASSERT_EQUAL(size_of(fd, "journal"), 0);
	append(writer, start);
	CU_ASSERT_EQUAL(size_of(fd, "tail.0"), 0);
	CU_ASSERT_EQUAL(rrj_commit(writer), 0);
	CU_ASSERT_EQUAL((uint64_t)size_of(fd, "tail.0"), 72 + 8 + rrj_writer_size(writer));
	CU_ASSERT_EQUAL(size_of(fd, "journal"), 72);
	CU_ASSERT_EQUAL(rrj_commit(writer), 0);
	CU_ASSERT_EQUAL((uint64_t)size_of(fd, "tail.0"), 72 + 8 + rrj_writer_size(writer));
	CU_ASSERT_EQUAL(rrj_writer_close(writer), 0);
	remove_folder(fd);
}

/* As an emulator does that only prints its version. */
static void test_never_attached(void)
{
	struct rrj_writer *writer;

	CU_ASSERT_EQUAL_FATAL(rrj_writer_new(&writer), 0);
	append(writer, start);
	CU_ASSERT_EQUAL(rrj_commit(writer), 0);
	CU_ASSERT_EQUAL(rrj_writer_size(writer), 0);
	CU_ASSERT_EQUAL(rrj_writer_close(writer), 0);
}

/* The first `before` samples are appended before the folder is there. */
static void attach_late(size_t before)
{
	int dir = new_folder(), last;
	struct rrj_writer *writer;
	enum rrj_state state;
	uint64_t offset;

	CU_ASSERT_EQUAL_FATAL(rrj_writer_new(&writer), 0);
	for (size_t i = 0; i < sample_count; i++) {
		if (i == before)
			CU_ASSERT_EQUAL_FATAL(rrj_writer_attach(writer, dir), 0);
		append(writer, &samples[i]);
		if (i % 3 == 0)
			CU_ASSERT_EQUAL_FATAL(rrj_commit(writer), 0);
	}
	if (before == sample_count)
		CU_ASSERT_EQUAL_FATAL(rrj_writer_attach(writer, dir), 0);
	CU_ASSERT_EQUAL(rrj_writer_close(writer), 0);
	CU_ASSERT_EQUAL(read_samples(dir, &last, &state, &offset), sample_count);
	CU_ASSERT_EQUAL(state, RRJ_WHOLE);
	remove_folder(dir);
}

static void test_attach_late(void)
{
	for (size_t before = 0; before <= sample_count; before++)
		attach_late(before);
}

/* As much as can be kept: a full slot and one more; then an error, and nothing is lost of what was taken. */
static void test_attach_with_much(void)
{
	struct rrj_writer *writer;
	struct rrj_reader *reader;
	struct rrj_record record;
	int dir = new_folder(), n = 0, kept = 1, error;

	CU_ASSERT_EQUAL_FATAL(rrj_writer_new(&writer), 0);
	append(writer, start);
	while (!(error = rrj_append(writer, file)))
		kept++;
	CU_ASSERT_EQUAL(error, -ENOBUFS);
	CU_ASSERT_EQUAL_FATAL(rrj_writer_attach(writer, dir), 0);
	CU_ASSERT(rrj_writer_size(writer) > 2 << 20);
	append(writer, end());
	CU_ASSERT_EQUAL(rrj_writer_close(writer), 0);
	CU_ASSERT_EQUAL_FATAL(rrj_reader_new(&reader, dir), 0);
	while (rrj_next(reader, &record) > 0)
		n++;
	CU_ASSERT_EQUAL(n, kept + 1);
	CU_ASSERT_EQUAL(rrj_reader_state(reader), RRJ_WHOLE);
	rrj_reader_free(reader);
	remove_folder(dir);
}

static void test_attach_refused(void)
{
	struct rrj_writer *writer, *other;
	int dir = new_folder();

	CU_ASSERT_EQUAL_FATAL(rrj_writer_new(&writer), 0);
	CU_ASSERT_EQUAL_FATAL(rrj_writer_new(&other), 0);
	CU_ASSERT_EQUAL(rrj_writer_attach(writer, -1), -EINVAL);
	CU_ASSERT_EQUAL(rrj_writer_attach(writer, dir), 0);
	CU_ASSERT_EQUAL(rrj_writer_attach(writer, dir), -EINVAL);
	CU_ASSERT_EQUAL(rrj_writer_attach(other, dir), -EEXIST);
	CU_ASSERT_EQUAL(rrj_writer_close(other), 0);
	CU_ASSERT(has_file(dir, "tail.0"));
	append(writer, start);
	CU_ASSERT_EQUAL(rrj_writer_close(writer), 0);
	CU_ASSERT(!has_file(dir, "tail.0"));
	remove_folder(dir);
}

/* In a forked child nothing is written; the parent goes on. */
static void test_fork(void)
{
	int dir, status = 0, last;
	struct rrj_writer *writer = attached_writer(&dir);
	enum rrj_state state;
	uint64_t offset;
	pid_t child;

	append(writer, start);
	CU_ASSERT_EQUAL(rrj_commit(writer), 0);
	child = fork();
	if (!child) {
		int ok = !rrj_append(writer, turn) && rrj_commit(writer) == -ECHILD;

		_exit(ok && !rrj_writer_close(writer) ? 0 : 1);
	}
	CU_ASSERT(waitpid(child, &status, 0) == child && !status);
	for (size_t i = 1; i < sample_count; i++)
		append(writer, &samples[i]);
	CU_ASSERT_EQUAL(rrj_writer_close(writer), 0);
	CU_ASSERT_EQUAL(read_samples(dir, &last, &state, &offset), sample_count);
	remove_folder(dir);
}

static void limit_files(rlim_t size)
{
	struct rlimit limit;

	CU_ASSERT_FATAL(!getrlimit(RLIMIT_FSIZE, &limit));
	limit.rlim_cur = size;
	CU_ASSERT_FATAL(!setrlimit(RLIMIT_FSIZE, &limit));
}

/*
 * The disk is full in the middle of a frame, `room` bytes behind the last commit: the frame is gone, an END fits if
 * there is room for it, and what was committed is intact.
 */
static void full_disk(rlim_t room, bool end_fits)
{
	struct rrj_record cause = { .type = RRJ_END, .end = { .cause = "full" } }, record;
	struct rrj_reader *reader;
	uint64_t committed;
	int fd;
	struct rrj_writer *writer = attached_writer(&fd);

	append(writer, start);
	append(writer, turn);
	CU_ASSERT_EQUAL_FATAL(rrj_commit(writer), 0);
	committed = (uint64_t)size_of(fd, "tail.0");
	limit_files(committed + room);
	for (int i = 0; i < 8; i++)
		append(writer, file);
	CU_ASSERT_EQUAL(rrj_commit(writer), -EFBIG);
	CU_ASSERT_EQUAL((uint64_t)size_of(fd, "tail.0"), committed);
	CU_ASSERT_EQUAL(rrj_append(writer, turn), -EFBIG);
	CU_ASSERT_EQUAL(rrj_append(writer, &cause), 0);
	CU_ASSERT_EQUAL(rrj_commit(writer), end_fits ? 0 : -EFBIG);
	CU_ASSERT_EQUAL(rrj_writer_close(writer), end_fits ? 0 : -EFBIG); /* no room for a block either */
	limit_files(RLIM_INFINITY);
	CU_ASSERT_EQUAL_FATAL(rrj_reader_new(&reader, fd), 0);
	CU_ASSERT(rrj_next(reader, &record) == 1 && same_record(&record, start));
	CU_ASSERT(rrj_next(reader, &record) == 1 && same_record(&record, turn));
	CU_ASSERT_EQUAL(rrj_next(reader, &record), end_fits ? 1 : 0);
	CU_ASSERT(!end_fits || same_record(&record, &cause));
	CU_ASSERT_EQUAL(rrj_next(reader, &record), 0);
	CU_ASSERT_EQUAL(rrj_reader_state(reader), end_fits ? RRJ_WHOLE : RRJ_EARLY);
	rrj_reader_free(reader);
	remove_folder(fd);
}

static void test_full_disk(void)
{
	signal(SIGXFSZ, SIG_IGN);
	full_disk(0, false);
	full_disk(10, false);
	full_disk(100, true);
}

CU_TestInfo order_tests[] = {
	{ "START first and once, END last and once", test_order },
	{ "values that the format does not have", test_values },
	{ "nothing is written before the commit", test_commit },
	{ "a writer that never gets a file", test_never_attached },
	{ "attached after any number of records", test_attach_late },
	{ "attached with as much as is kept", test_attach_with_much },
	{ "what cannot be attached", test_attach_refused },
	{ "a forked child", test_fork },
	{ "a full disk", test_full_disk },
	CU_TEST_INFO_NULL,
};
