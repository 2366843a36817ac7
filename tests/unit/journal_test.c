// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * journal_test.c - what is written is what is read: all records, all ways to commit, any size, while it grows.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journal/block.h"
#include "sample.h"

static void test_every_type(void)
{
	size_t ends[64], size;

	for (size_t together = 1; together <= sample_count; together++) {
		uint8_t *bytes = sample_journal(together, &size, ends);
		int fd = file_of(bytes, size), last;
		enum rrj_state state;
		uint64_t offset;

		CU_ASSERT_EQUAL(read_samples(fd, &last, &state, &offset), sample_count);
		CU_ASSERT_EQUAL(last, 0);
		CU_ASSERT_EQUAL(state, RRJ_WHOLE);
		CU_ASSERT_EQUAL(offset, size);
		close(fd);
		free(bytes);
	}
}

/* A number of a random width, so that every length of a varint comes up. */
static uint64_t some_number(uint64_t *seed)
{
	uint64_t number = random_number(seed);

	return number >> random_number(seed) % 64;
}

static struct rrj_record some_record(uint64_t *seed, uint64_t *turns)
{
	if (random_number(seed) % 3 == 0)
		return (struct rrj_record){ .type = RRJ_TURN, .turn = {
			.seq = ++*turns,
			.kind = (enum rrj_kind)(1 + random_number(seed) % RRJ_NESTED),
			.icount = (int64_t)some_number(seed),
			.mono_ns = (int64_t)some_number(seed),
			.real_ns = (int64_t)some_number(seed),
			.releases = (uint32_t)some_number(seed) } };
	return (struct rrj_record){ .type = RRJ_REQUEST, .request = {
		.ticket = some_number(seed),
		.file = (uint32_t)some_number(seed),
		.op = (enum rrj_op)(1 + random_number(seed) % RRJ_OPAQUE),
		.calls = (uint32_t)random_number(seed) % 3,
		.offset = some_number(seed),
		.length = some_number(seed) & ~(random_number(seed) % 2 ? 511 : 0),
		.result = (int64_t)some_number(seed),
		.checksum = (uint32_t)random_number(seed) % 2 * (uint32_t)random_number(seed),
		.submit_icount = (int64_t)some_number(seed),
		.latency_ns = (int64_t)some_number(seed) } };
}

enum { MANY = 200000 };

static void write_many(struct rrj_writer *writer, uint64_t seed)
{
	uint64_t turns = 0;

	append(writer, &samples[0]);
	for (int i = 0; i < MANY; i++) {
		struct rrj_record record = some_record(&seed, &turns);

		append(writer, &record);
		if (random_number(&seed) % 4 == 0)
			CU_ASSERT_EQUAL_FATAL(rrj_commit(writer), 0);
	}
	CU_ASSERT_EQUAL_FATAL(rrj_commit(writer), 0);
}

static void read_many(int fd, uint64_t seed)
{
	struct rrj_reader *reader;
	struct rrj_record record;
	uint64_t turns = 0;

	CU_ASSERT_EQUAL_FATAL(rrj_reader_new(&reader, fd), 0);
	CU_ASSERT_EQUAL_FATAL(rrj_next(reader, &record), 1);
	for (int i = 0; i < MANY; i++) {
		struct rrj_record right = some_record(&seed, &turns);

		CU_ASSERT_EQUAL_FATAL(rrj_next(reader, &record), 1);
		CU_ASSERT_FATAL(same_record(&record, &right));
		random_number(&seed);
	}
	CU_ASSERT_EQUAL(rrj_next(reader, &record), 0);
	CU_ASSERT_EQUAL(rrj_reader_state(reader), RRJ_EARLY);
	rrj_reader_free(reader);
}

/* Each sync frame is at most its distance and one frame behind the one before. */
static void check_sync(int fd)
{
	size_t size, at = RRJ_HEADER_SIZE, synced = 0;
	uint8_t *bytes = bytes_of(fd, &size);

	while (at < size) {
		struct rrj_head head;

		CU_ASSERT_FATAL(rrj_head_read(&head, bytes + at));
		if (head.sync) {
			CU_ASSERT_EQUAL(bytes[at + RRJ_HEAD_SIZE] & 15, 8);
			synced = at;
		}
		CU_ASSERT(at - synced < RRJ_SYNC_EVERY);
		at += RRJ_HEAD_SIZE + head.size;
	}
	CU_ASSERT(synced > 0);
	free(bytes);
}

static void test_many(void)
{
	for (uint64_t seed = 1; seed <= 3; seed++) {
		int fd;
		struct rrj_writer *writer = attached_writer(&fd);

		write_many(writer, seed * 0x9e3779b97f4a7c15);
		read_many(fd, seed * 0x9e3779b97f4a7c15);
		check_sync(fd);
		CU_ASSERT_EQUAL(rrj_writer_close(writer), 0);
		close(fd);
	}
}

/* Without a commit in between, what does not fit in a frame goes on in the next. */
static void test_full_frames(void)
{
	static char text[3000];
	struct rrj_record note = { .type = RRJ_NOTE, .note = { "long", text } }, record;
	int fd;
	struct rrj_writer *writer = attached_writer(&fd);
	struct rrj_reader *reader;

	memset(text, 'x', sizeof(text) - 1);
	append(writer, &samples[0]);
	for (int i = 0; i < 1000; i++)
		append(writer, &note);
	CU_ASSERT_EQUAL(rrj_writer_close(writer), 0);
	CU_ASSERT_EQUAL_FATAL(rrj_reader_new(&reader, fd), 0);
	CU_ASSERT_EQUAL_FATAL(rrj_next(reader, &record), 1);
	for (int i = 0; i < 1000; i++) {
		CU_ASSERT_EQUAL_FATAL(rrj_next(reader, &record), 1);
		CU_ASSERT_FATAL(same_record(&record, &note));
	}
	CU_ASSERT_EQUAL(rrj_next(reader, &record), 0);
	rrj_reader_free(reader);
	close(fd);
}

static void test_large_start(void)
{
	struct rrj_record start = samples[0], record;
	char *list = calloc(1, 2 << 20);
	int fd;
	struct rrj_writer *writer = attached_writer(&fd);
	struct rrj_reader *reader;

	CU_ASSERT_FATAL(list != NULL);
	memset(list, 'y', 1 << 20);
	start.start.env = (struct rrj_strings){ list, 2 << 20 };
	CU_ASSERT_EQUAL(rrj_append(writer, &start), -EMSGSIZE);
	start.start.env.size = (1 << 20) + 1;
	append(writer, &start);
	CU_ASSERT_EQUAL(rrj_writer_close(writer), 0);
	CU_ASSERT_EQUAL_FATAL(rrj_reader_new(&reader, fd), 0);
	CU_ASSERT_EQUAL_FATAL(rrj_next(reader, &record), 1);
	CU_ASSERT(same_record(&record, &start));
	rrj_reader_free(reader);
	close(fd);
	free(list);
}

/* The file grows by one byte at a time: a record comes exactly when its frame is complete, and none twice. */
static void test_follow(void)
{
	size_t ends[64], size, n = 0;
	uint8_t *bytes = sample_journal(2, &size, ends);
	int fd = file_of(bytes, RRJ_HEADER_SIZE);
	struct rrj_reader *reader;
	struct rrj_record record;

	CU_ASSERT_EQUAL_FATAL(rrj_reader_new(&reader, fd), 0);
	for (size_t at = RRJ_HEADER_SIZE; at < size; at++) {
		CU_ASSERT_EQUAL_FATAL(rrj_next(reader, &record), 0);
		CU_ASSERT_EQUAL_FATAL(rrj_reader_state(reader), RRJ_EARLY);
		CU_ASSERT_FATAL(pwrite(fd, bytes + at, 1, (off_t)at) == 1);
		for (; n < sample_count && ends[n] == at + 1; n++) {
			CU_ASSERT_EQUAL_FATAL(rrj_next(reader, &record), 1);
			CU_ASSERT_FATAL(same_record(&record, &samples[n]));
		}
	}
	CU_ASSERT_EQUAL(n, sample_count);
	CU_ASSERT_EQUAL(rrj_next(reader, &record), 0);
	CU_ASSERT_EQUAL(rrj_reader_state(reader), RRJ_WHOLE);
	rrj_reader_free(reader);
	close(fd);
	free(bytes);
}

/* Two readers of one descriptor, one ahead of the other, behind a writer that goes on. */
static void test_two_readers(void)
{
	int fd;
	struct rrj_writer *writer = attached_writer(&fd);
	struct rrj_reader *ahead, *behind;
	struct rrj_record record;

	append(writer, &samples[0]);
	CU_ASSERT_EQUAL(rrj_commit(writer), 0);
	CU_ASSERT_EQUAL_FATAL(rrj_reader_new(&ahead, fd), 0);
	CU_ASSERT_EQUAL_FATAL(rrj_reader_new(&behind, fd), 0);
	CU_ASSERT_EQUAL_FATAL(rrj_next(ahead, &record), 1);
	for (size_t i = 1; i < sample_count; i++) {
		CU_ASSERT_EQUAL_FATAL(rrj_next(ahead, &record), 0);
		append(writer, &samples[i]);
		CU_ASSERT_EQUAL_FATAL(rrj_next(ahead, &record), 0);
		CU_ASSERT_EQUAL_FATAL(rrj_commit(writer), 0);
		CU_ASSERT_EQUAL_FATAL(rrj_next(ahead, &record), 1);
		CU_ASSERT_FATAL(same_record(&record, &samples[i]));
		CU_ASSERT_EQUAL_FATAL(rrj_next(behind, &record), 1);
		CU_ASSERT_FATAL(same_record(&record, &samples[i - 1]));
	}
	rrj_reader_free(ahead);
	rrj_reader_free(behind);
	CU_ASSERT_EQUAL(rrj_writer_close(writer), 0);
	close(fd);
}

/* What a commit costs: a turn and a request of the next 4 KiB, as a guest that reads a file makes them. */
static void test_size(void)
{
	int fd;
	struct rrj_writer *writer = attached_writer(&fd);
	struct rrj_record turn = { .type = RRJ_TURN, .turn = { .kind = RRJ_SLICE, .releases = 1 } };
	struct rrj_record request = samples[6];
	uint64_t size;

	append(writer, &samples[0]);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(rrj_commit(writer), 0);
		size = rrj_writer_size(writer);
		turn.turn.icount += 400000;
		turn.turn.mono_ns += 120000;
		turn.turn.real_ns += 120000;
		append(writer, &turn);
		request.request.submit_icount = turn.turn.icount - 350000;
		append(writer, &request);
		request.request.ticket++;
		request.request.offset += request.request.length;
	}
	CU_ASSERT_EQUAL(rrj_commit(writer), 0);
	/* 8 of framing; head, shape, 3 and 3 of the turn; head, shape, checksum, 3 and 3 of the request */
	CU_ASSERT_EQUAL(rrj_writer_size(writer) - size, 8 + 8 + 12);
	CU_ASSERT_EQUAL(rrj_writer_close(writer), 0);
	close(fd);
}

CU_TestInfo journal_tests[] = {
	{ "every type, extreme values, any number in a commit", test_every_type },
	{ "600,000 random turns and requests, sync frames", test_many },
	{ "frames that are full without a commit", test_full_frames },
	{ "a START of 1 MiB; 2 MiB is refused", test_large_start },
	{ "following a file that grows byte by byte", test_follow },
	{ "two readers behind a writer", test_two_readers },
	{ "bytes per turn and request", test_size },
	CU_TEST_INFO_NULL,
};
