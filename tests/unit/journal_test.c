// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * journal_test.c - what is written is what is read: all records, all ways to commit, any size, while it grows.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journal/writer.h"
#include "sample.h"

static void test_every_type(void)
{
	for (size_t together = 1; together <= sample_count; together++) {
		int dir = sample_recording(together, together * 50, true), last;
		enum rrj_state state;
		uint64_t offset;

		CU_ASSERT_EQUAL(read_samples(dir, &last, &state, &offset), sample_count);
		CU_ASSERT_EQUAL(last, 0);
		CU_ASSERT_EQUAL(state, RRJ_WHOLE);
		CU_ASSERT(!has_file(dir, "tail.0") && !has_file(dir, "tail.1"));
		remove_folder(dir);
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
	static int64_t last_icount; /* of this run's turns */

	if (!*turns)
		last_icount = 0;
	if (random_number(seed) % 3 == 0)
		return (struct rrj_record){ .type = RRJ_TURN, .turn = {
			.seq = ++*turns,
			.kind = (enum rrj_kind)(1 + random_number(seed) % RRJ_AGAIN),
			.loop = (uint32_t)random_number(seed) % 3 ? 0 : (uint32_t)some_number(seed),
			.icount = last_icount = (int64_t)some_number(seed),
			.mono_ns = (int64_t)(some_number(seed) & ~(random_number(seed) % 2 ? RRJ_TICK_NS - 1ull : 0)),
			.real_ns = (int64_t)some_number(seed),
			.releases = (uint32_t)some_number(seed) } };
	struct rrj_record record = { .type = RRJ_REQUEST, .request = {
		.ticket = some_number(seed),
		.file = (uint32_t)some_number(seed),
		.op = (enum rrj_op)(1 + random_number(seed) % RRJ_COMPUTE),
		.calls = (uint32_t)random_number(seed) % (RRJ_RESULTS + 3),
		.offset = some_number(seed),
		.length = some_number(seed) & ~(random_number(seed) % 2 ? 511 : 0),
		.result = (int64_t)some_number(seed),
		.checksum = (uint32_t)random_number(seed) % 2 * (uint32_t)random_number(seed),
		.submit_icount = random_number(seed) % 2 ? last_icount : (int64_t)some_number(seed),
		.latency_ns = rrj_round_latency((int64_t)some_number(seed)) } };

	if (record.request.calls <= RRJ_RESULTS + 1)
		for (uint32_t i = 0; i + 1 < record.request.calls; i++)
			record.request.results[i] = (int64_t)some_number(seed);
	return record;
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

static void test_many(void)
{
	for (uint64_t seed = 1; seed <= 3; seed++) {
		int fd;
		struct rrj_writer *writer = attached_writer(&fd);

		write_many(writer, seed * 0x9e3779b97f4a7c15);
		read_many(fd, seed * 0x9e3779b97f4a7c15);
		CU_ASSERT_EQUAL(rrj_writer_close(writer), 0);
		read_many(fd, seed * 0x9e3779b97f4a7c15);
		remove_folder(fd);
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
	remove_folder(fd);
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
	remove_folder(fd);
	free(list);
}

static void check_at(int dir, bool icounts, uint64_t value, uint64_t right)
{
	struct rrj_reader *reader;
	struct rrj_record record;
	int error;

	CU_ASSERT_EQUAL_FATAL(rrj_reader_new(&reader, dir), 0);
	error = icounts ? rrj_seek_icount(reader, (int64_t)value) : rrj_seek_turn(reader, value);
	CU_ASSERT_EQUAL(error, 0);
	do {
		CU_ASSERT_EQUAL_FATAL(rrj_next(reader, &record), 1);
	} while (record.type != RRJ_TURN || (icounts ? (uint64_t)record.turn.icount : record.turn.seq) < value);
	CU_ASSERT_EQUAL(record.turn.seq, right);
	CU_ASSERT_EQUAL(record.turn.icount, (int64_t)right / 2 * 1000);
	rrj_reader_free(reader);
}

/* Every place of a recording of many blocks and two tails: two turns at each count. */
static void test_seek(void)
{
	struct rrj_record turn = { .type = RRJ_TURN, .turn = { .kind = RRJ_SLICE } };
	int dir;
	struct rrj_writer *writer = attached_writer(&dir);

	rrj_writer_block_full(writer, 100);
	append(writer, &samples[0]);
	for (int64_t i = 1; i <= 1000; i++) {
		turn.turn.icount = i / 2 * 1000;
		append(writer, &turn);
		CU_ASSERT_EQUAL_FATAL(rrj_commit(writer), 0);
	}
	for (int live = 1; live >= 0; live--) {
		for (uint64_t seq = 1; seq <= 1000; seq++)
			check_at(dir, false, seq, seq);
		for (uint64_t icount = 0; icount <= 500; icount++) {
			check_at(dir, true, icount * 1000, icount ? icount * 2 : 1);
			if (icount)
				check_at(dir, true, icount * 1000 - 1, icount * 2);
		}
		if (live)
			CU_ASSERT_EQUAL(rrj_writer_close(writer), 0);
	}
	remove_folder(dir);
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
	remove_folder(fd);
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
		request.request.submit_icount = turn.turn.icount;
		request.request.latency_ns = rrj_round_latency(100000);
		turn.turn.icount += 400000;
		turn.turn.mono_ns += 30 * RRJ_TICK_NS;
		turn.turn.real_ns += 30 * RRJ_TICK_NS;
		append(writer, &turn);
		append(writer, &request);
		request.request.ticket++;
		request.request.offset += request.request.length;
	}
	CU_ASSERT_EQUAL(rrj_commit(writer), 0);
	/* head, shape, 3 and 1 of the turn; head, shape, checksum, 1 and 1 of the request */
	CU_ASSERT_EQUAL(rrj_writer_size(writer) - size, 6 + 8);
	CU_ASSERT_EQUAL(rrj_writer_close(writer), 0);
	remove_folder(fd);
}

/* What is written in one byte: never longer, by a 16th at most shorter, and it stays as it is when it is rounded again. */
static void test_latencies(void)
{
	uint64_t seed = 1;
	bool fine = true;

	for (int i = 0; i < 100000; i++) {
		int64_t ns = (int64_t)(random_number(&seed) >> (random_number(&seed) % 64)), now = rrj_round_latency(ns);

		fine &= now == rrj_round_latency(now) && now <= ns && ns - now <= (ns > 1024 ? ns / 16 : 63);
	}
	CU_ASSERT(fine);
	CU_ASSERT_EQUAL(rrj_round_latency(-5), -5);
	CU_ASSERT_EQUAL(rrj_round_latency(INT64_MIN), INT64_MIN);
	CU_ASSERT_EQUAL(rrj_round_latency(INT64_MAX), INT64_MAX);
}

CU_TestInfo journal_tests[] = {
	{ "every type, extreme values, any number in a commit", test_every_type },
	{ "600,000 random turns and requests, live and sealed", test_many },
	{ "frames that are full without a commit", test_full_frames },
	{ "a START of 1 MiB; 2 MiB is refused", test_large_start },
	{ "seeking to every turn and count", test_seek },
	{ "two readers behind a writer", test_two_readers },
	{ "bytes per turn and request", test_size },
	{ "latencies in one byte", test_latencies },
	CU_TEST_INFO_NULL,
};
