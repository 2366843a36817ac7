// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * damage_test.c - whatever happens to a journal's bytes: what is read is a beginning of what was written, and it is
 * told apart whether the end is torn or something in the middle is broken.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "journal/block.h"
#include "sample.h"

struct result {
	size_t records;
	int last;
	enum rrj_state state;
	uint64_t offset;
};

static struct result read_bytes(const uint8_t *bytes, size_t size)
{
	struct result result = { 0 };
	int fd = file_of(bytes, size);

	result.records = read_samples(fd, &result.last, &result.state, &result.offset);
	close(fd);
	return result;
}

/* How many records lie in frames that end at or before that byte. */
static size_t whole_records(const size_t *ends, size_t at)
{
	size_t n = 0;

	while (n < sample_count && ends[n] <= at)
		n++;
	return n;
}

static void check_truncated(const uint8_t *bytes, size_t size, const size_t *ends, size_t at)
{
	struct result result = read_bytes(bytes, at);
	size_t whole = whole_records(ends, at);

	CU_ASSERT_EQUAL(result.records, whole);
	if (at < RRJ_HEADER_SIZE) {
		CU_ASSERT_EQUAL(result.last, -EMEDIUMTYPE);
		return;
	}
	CU_ASSERT_EQUAL(result.last, 0);
	CU_ASSERT_EQUAL(result.state, at == size ? RRJ_WHOLE : RRJ_EARLY);
	CU_ASSERT_EQUAL(result.offset, whole ? ends[whole - 1] : RRJ_HEADER_SIZE);
}

static void test_truncated(void)
{
	for (size_t together = 1; together <= 4; together++) {
		size_t ends[64], size;
		uint8_t *bytes = sample_journal(together, &size, ends);

		for (size_t at = 0; at <= size; at++)
			check_truncated(bytes, size, ends, at);
		free(bytes);
	}
}

/* The frame that this byte lies in: where the last frame before it ends. */
static size_t frame_of(const size_t *ends, size_t at)
{
	size_t whole = whole_records(ends, at);

	return whole ? ends[whole - 1] : RRJ_HEADER_SIZE;
}

static void check_broken(const uint8_t *bytes, size_t size, const size_t *ends, size_t at)
{
	struct result result = read_bytes(bytes, size);
	bool last_frame = frame_of(ends, at) == frame_of(ends, size - 1);

	if (at < RRJ_HEADER_SIZE) {
		CU_ASSERT(result.last == -EMEDIUMTYPE || result.last == -EBADMSG);
		return;
	}
	CU_ASSERT_EQUAL(result.records, whole_records(ends, at));
	CU_ASSERT_EQUAL(result.offset, frame_of(ends, at));
	CU_ASSERT_EQUAL(result.state, last_frame ? RRJ_EARLY : RRJ_DAMAGED);
	CU_ASSERT_EQUAL(result.last, last_frame ? 0 : -EBADMSG);
}

static void test_every_bit(void)
{
	for (size_t together = 1; together <= 4; together++) {
		size_t ends[64], size;
		uint8_t *bytes = sample_journal(together, &size, ends);

		for (size_t bit = 0; bit < 8 * size; bit++) {
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			check_broken(bytes, size, ends, bit / 8);
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		free(bytes);
	}
}

static size_t first_difference(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
	size_t at = 0;

	while (at < a_size && at < b_size && a[at] == b[at])
		at++;
	return at;
}

/* Random bytes over, into or out of a random place: never a wrong record (read_samples checks), never whole. */
static void test_random_damage(void)
{
	uint64_t seed = 20240817;
	size_t ends[64], size;
	uint8_t *bytes = sample_journal(2, &size, ends), *broken = malloc(2 * size);

	CU_ASSERT_FATAL(broken != NULL);
	for (int i = 0; i < 20000; i++) {
		size_t at = random_number(&seed) % size, n = 1 + random_number(&seed) % 64, cut = 0, put = 0;
		struct result result;

		n = n < size - at ? n : size - at;
		if (i % 3 != 0)
			cut = n;
		if (i % 3 != 1)
			put = n;
		memcpy(broken, bytes, at);
		for (size_t j = 0; j < put; j++)
			broken[at + j] = (uint8_t)(random_number(&seed) >> 32);
		memcpy(broken + at + put, bytes + at + cut, size - at - cut);
		if (put == cut && !memcmp(broken, bytes, size))
			continue;
		result = read_bytes(broken, size - cut + put);
		at = first_difference(bytes, size, broken, size - cut + put);
		CU_ASSERT(result.last < 0 || result.state == RRJ_EARLY);
		CU_ASSERT(at < RRJ_HEADER_SIZE || result.records == whole_records(ends, at));
	}
	free(broken);
	free(bytes);
}

/* Frames are bound to their place and recording: not moved, not from another journal, nothing behind the end. */
static void test_strange_frames(void)
{
	size_t ends[64], size;
	uint8_t *bytes = sample_journal(1, &size, ends), *broken = malloc(2 * size);
	struct rrj_seal other;
	struct result result;

	CU_ASSERT_FATAL(broken != NULL);
	/* the second frame once more, in front of itself */
	memcpy(broken, bytes, ends[1]);
	memcpy(broken + ends[1], bytes + ends[0], size - ends[0]);
	result = read_bytes(broken, size + ends[1] - ends[0]);
	CU_ASSERT_EQUAL(result.records, 2);
	CU_ASSERT_EQUAL(result.state, RRJ_EARLY);
	/* all frames, behind the header of another recording */
	memcpy(broken, bytes, size);
	rrj_seal_init(&other, (const uint8_t *)"another journal.");
	rrj_header_write(broken, &other);
	CU_ASSERT_EQUAL(read_bytes(broken, size).records, 0);
	/* the whole journal twice */
	memcpy(broken, bytes, size);
	memcpy(broken + size, bytes, size);
	result = read_bytes(broken, 2 * size);
	CU_ASSERT_EQUAL(result.records, sample_count);
	CU_ASSERT_EQUAL(result.last, -EBADMSG);
	CU_ASSERT_EQUAL(result.state, RRJ_DAMAGED);
	CU_ASSERT_EQUAL(result.offset, size);
	free(broken);
	free(bytes);
}

/* A last frame that the file system has extended with zeros, after a power loss, is torn; much more is damage. */
static void test_zeros(void)
{
	size_t ends[64], size;
	uint8_t *bytes = sample_journal(1, &size, ends), *padded = calloc(1, 4 << 20);

	CU_ASSERT_FATAL(padded != NULL);
	memcpy(padded, bytes, ends[5] - 3);
	CU_ASSERT_EQUAL(read_bytes(padded, ends[5] + 4096).records, 5);
	CU_ASSERT_EQUAL(read_bytes(padded, ends[5] + 4096).state, RRJ_EARLY);
	CU_ASSERT_EQUAL(read_bytes(padded, 4 << 20).records, 5);
	CU_ASSERT_EQUAL(read_bytes(padded, 4 << 20).state, RRJ_DAMAGED);
	free(padded);
	free(bytes);
}

/* Every place pretends to start the largest frame that fits: the search gives up instead of taking minutes. */
static void test_patience(void)
{
	size_t ends[64], size, all = RRJ_HEADER_SIZE + RRJ_PAYLOAD_MAX;
	uint8_t *bytes = sample_journal(1, &size, ends), *hostile = malloc(all);
	struct timespec before, after;
	struct result result;

	CU_ASSERT_FATAL(hostile != NULL);
	for (size_t i = 0; i < all; i++)
		hostile[i] = i % 4 == 2 ? 4 : 0;
	memcpy(hostile, bytes, RRJ_HEADER_SIZE);
	clock_gettime(CLOCK_MONOTONIC, &before);
	result = read_bytes(hostile, all);
	clock_gettime(CLOCK_MONOTONIC, &after);
	CU_ASSERT_EQUAL(result.records, 0);
	CU_ASSERT_EQUAL(result.last, -EBADMSG);
	CU_ASSERT(after.tv_sec - before.tv_sec < 20);
	free(hostile);
	free(bytes);
}

/* A torn tail that a writer has replaced meanwhile, as it does when a disk is full. */
static void test_replaced_tail(void)
{
	size_t ends[64], other_ends[64], size, other_size;
	uint8_t *bytes = sample_journal(1, &size, ends), *other = sample_journal(4, &other_size, other_ends);
	int fd = file_of(other, other_ends[0] - 1);
	struct rrj_reader *reader;
	struct rrj_record record;

	CU_ASSERT_EQUAL_FATAL(rrj_reader_new(&reader, fd), 0);
	CU_ASSERT_EQUAL(rrj_next(reader, &record), 0);
	CU_ASSERT_FATAL(!ftruncate(fd, RRJ_HEADER_SIZE) && pwrite(fd, bytes, size, 0) == (ssize_t)size);
	for (size_t i = 0; i < sample_count; i++) {
		CU_ASSERT_EQUAL_FATAL(rrj_next(reader, &record), 1);
		CU_ASSERT(same_record(&record, &samples[i]));
	}
	rrj_reader_free(reader);
	close(fd);
	free(bytes);
	free(other);
}

CU_TestInfo damage_tests[] = {
	{ "cut at every byte", test_truncated },
	{ "every bit flipped", test_every_bit },
	{ "20,000 random overwritings, insertions and cuts", test_random_damage },
	{ "frames that belong elsewhere", test_strange_frames },
	{ "zeros at the end", test_zeros },
	{ "bytes that all look like frames", test_patience },
	{ "a torn tail that is replaced", test_replaced_tail },
	CU_TEST_INFO_NULL,
};
