// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pieces_test.c - the store of what images held: whatever happens to its bytes, what is found in it is what was put
 * there, and in one that was closed every damage is noticed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journal/piece.h"
#include "sample.h"

enum { PIECES = 24, LAST = 1000 };

static const uint8_t id[16] = { 1, 2, 3, 4 };

/* Zeros, text that compresses, noise, and the same content again; the last one is short. */
static size_t fill(uint64_t piece, uint8_t data[RRJ_PIECE_SIZE])
{
	uint64_t seed = piece % 8 + 1;

	memset(data, 0, RRJ_PIECE_SIZE);
	if (piece % 4 == 1)
		memset(data, 'a' + (int)(piece % 16), RRJ_PIECE_SIZE / 2);
	if (piece % 4 == 2)
		for (size_t i = 0; i < 3000; i++)
			data[i] = (uint8_t)(random_number(&seed) >> 30);
	if (piece % 8 == 3)
		for (size_t i = 0; i < RRJ_PIECE_SIZE; i++)
			data[i] = (uint8_t)(random_number(&seed) >> 30);
	return piece == PIECES - 1 ? LAST : RRJ_PIECE_SIZE;
}

static void put_all(struct rrj_pieces *pieces, uint64_t first, uint64_t end)
{
	static uint8_t data[RRJ_PIECE_SIZE];

	for (uint64_t piece = first; piece < end; piece++) {
		size_t size = fill(piece, data);

		CU_ASSERT_EQUAL_FATAL(rrj_pieces_put(pieces, 1 + piece % 2, piece, data, size), 0);
	}
}

/* Half of it put before there is a file. */
static int make_store(bool end)
{
	struct rrj_pieces *pieces;
	int dir = new_folder();

	CU_ASSERT_EQUAL_FATAL(rrj_pieces_new(&pieces, id), 0);
	CU_ASSERT_EQUAL(rrj_pieces_image(pieces, 1, PIECES * RRJ_PIECE_SIZE, "/a"), 0);
	CU_ASSERT_EQUAL(rrj_pieces_image(pieces, 2, 7, "/b"), 0);
	CU_ASSERT_EQUAL(rrj_pieces_name(pieces, 2, "/another"), 0);
	CU_ASSERT_EQUAL(rrj_pieces_clone(pieces, 2), 0);
	put_all(pieces, 0, PIECES / 2);
	CU_ASSERT_EQUAL_FATAL(rrj_pieces_attach(pieces, dir), 0);
	CU_ASSERT_EQUAL(rrj_pieces_attach(pieces, dir), -EINVAL);
	put_all(pieces, PIECES / 2, PIECES);
	if (end)
		CU_ASSERT_EQUAL(rrj_pieces_end(pieces), 0);
	rrj_pieces_free(pieces);
	return dir;
}

struct found {
	int error; /* of opening */
	bool whole, wrong, noticed;
	unsigned pieces;
};

static struct found look(int dir)
{
	static uint8_t data[RRJ_PIECE_SIZE], truth[RRJ_PIECE_SIZE];
	struct rrj_pieces_reader *reader;
	struct found found = { 0 };
	uint64_t offset;

	found.error = rrj_pieces_open(&reader, dir, id, &offset);
	if (found.error)
		return found;
	found.whole = rrj_pieces_whole(reader);
	for (uint64_t piece = 0; piece < PIECES; piece++) {
		int size = rrj_pieces_get(reader, 1 + piece % 2, piece, data);

		found.noticed |= size == -EBADMSG;
		if (size < 0)
			continue;
		found.pieces++;
		found.wrong |= (size_t)size != fill(piece, truth) || memcmp(data, truth, (size_t)size);
	}
	rrj_pieces_close(reader);
	return found;
}

static void away(int dir)
{
	unlinkat(dir, RRJ_PIECES_NAME, 0);
	remove_folder(dir);
}

static void test_found(void)
{
	struct rrj_pieces_reader *reader;
	uint64_t size, offset;
	uint8_t data[16];
	int dir = make_store(true);
	struct found found = look(dir);

	CU_ASSERT(!found.error && found.whole && !found.wrong && !found.noticed);
	CU_ASSERT_EQUAL(found.pieces, PIECES);
	CU_ASSERT_EQUAL_FATAL(rrj_pieces_open(&reader, dir, id, &offset), 0);
	CU_ASSERT(rrj_pieces_find(reader, "/another", &size) == 2 && size == 7);
	CU_ASSERT(rrj_pieces_find(reader, "/a", &size) == 1 && size == PIECES * RRJ_PIECE_SIZE);
	CU_ASSERT_EQUAL(rrj_pieces_find(reader, "/c", &size), 0);
	CU_ASSERT_STRING_EQUAL(rrj_pieces_path(reader, 2), "/b");
	CU_ASSERT(rrj_pieces_cloned(reader, 2) && !rrj_pieces_cloned(reader, 1) && !rrj_pieces_cloned(reader, 3));
	CU_ASSERT_EQUAL(rrj_pieces_get(reader, 1, PIECES, data), -ENOENT);
	rrj_pieces_close(reader);
	CU_ASSERT_EQUAL(rrj_pieces_open(&reader, dir, (const uint8_t[16]){ 9 }, &offset), -EMEDIUMTYPE);
	away(dir);
	dir = new_folder();
	CU_ASSERT_EQUAL(look(dir).error, -ENOENT);
	remove_folder(dir);
}

/* The same content is there once. */
static void test_once(void)
{
	static uint8_t data[RRJ_PIECE_SIZE];
	struct rrj_pieces *pieces;
	uint64_t before;

	fill(3, data);
	CU_ASSERT_EQUAL_FATAL(rrj_pieces_new(&pieces, id), 0);
	CU_ASSERT_EQUAL(rrj_pieces_put(pieces, 1, 0, data, sizeof(data)), 0);
	before = rrj_pieces_size(pieces);
	for (uint64_t piece = 1; piece < 5000; piece++)
		CU_ASSERT_EQUAL_FATAL(rrj_pieces_put(pieces, 2, piece, data, sizeof(data)), 0);
	CU_ASSERT_EQUAL(rrj_pieces_size(pieces) - before, 4999 * RRJ_PIECE_HEAD_SIZE);
	rrj_pieces_free(pieces);
}

/* Cut anywhere near the records' ends: what is found is right; one that had its end no longer has it. */
static void test_cut(void)
{
	for (int end = 0; end < 2; end++) {
		int dir = make_store(end), fd = openat(dir, RRJ_PIECES_NAME, O_RDWR | O_CLOEXEC);
		size_t size, cuts = 0;
		uint8_t *bytes = bytes_of(fd, &size);

		for (size_t at = 0; at < size; at += at < 1000 || at > size - 400 ? 1 : 997, cuts++) {
			struct found found;

			CU_ASSERT_FATAL(!ftruncate(fd, (off_t)at));
			found = look(dir);
			if (found.wrong || found.whole || found.noticed ||
			    (at < RRJ_HEADER_SIZE) != (found.error != 0))
				CU_FAIL_FATAL("cut");
			CU_ASSERT_FATAL(pwrite(fd, bytes + at, size - at, (off_t)at) == (ssize_t)(size - at));
		}
		CU_ASSERT(cuts > 1000);
		free(bytes);
		close(fd);
		away(dir);
	}
}

/* Every bit of the heads and of what is small, one in some of the rest. */
static void test_bits(void)
{
	int dir = make_store(true), fd = openat(dir, RRJ_PIECES_NAME, O_RDWR | O_CLOEXEC);
	size_t size, bits = 0;
	uint8_t *bytes = bytes_of(fd, &size);

	for (size_t bit = 0; bit < 8 * size; bit += bit < 8 * 700 || bit > 8 * (size - 100) ? 1 : 1009, bits++) {
		uint8_t byte = (uint8_t)(bytes[bit / 8] ^ 1 << bit % 8);
		struct found found;

		CU_ASSERT_FATAL(pwrite(fd, &byte, 1, (off_t)bit / 8) == 1);
		found = look(dir);
		if (found.wrong || (!found.error && found.whole && !found.noticed))
			CU_FAIL_FATAL("bit");
		CU_ASSERT_FATAL(pwrite(fd, &bytes[bit / 8], 1, (off_t)bit / 8) == 1);
	}
	printf("%zu bits ", bits);
	CU_ASSERT(bits > 6000);
	free(bytes);
	close(fd);
	away(dir);
}

CU_TestInfo pieces_tests[] = {
	{ "what is put is found", test_found },
	{ "the same content once", test_once },
	{ "cut", test_cut },
	{ "bits flipped", test_bits },
	CU_TEST_INFO_NULL,
};
