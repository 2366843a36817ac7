// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * damage_test.c - whatever happens to a recording's bytes: what is read is a beginning of what was written, and every
 * damage is noticed. On a failure the damaged recording is kept, and how to look at it is printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "journal/block.h"
#include "journal/writer.h"
#include "sample.h"

enum { RECORDS_MAX = 4000, TEXT = 40 };

struct recording {
	int dir, fds[FILES];
	uint8_t *bytes[FILES]; /* intact */
	size_t sizes[FILES], records;
	struct rrj_record truth[RECORDS_MAX];
	char texts[RECORDS_MAX][TEXT];
	struct {
		int file;
		size_t end; /* of the frame or block with that record */
	} pieces[RECORDS_MAX];
};

/* Turns, requests, and notes that do not compress. */
static void make_truth(struct recording *r, size_t records, uint64_t seed)
{
	uint64_t turns = 0;

	r->truth[0] = samples[0];
	for (size_t i = 1; i < records; i++) {
		struct rrj_record *record = &r->truth[i];

		*record = (struct rrj_record){ .type = RRJ_NOTE, .note = { "note", r->texts[i] } };
		for (int j = 0; j < TEXT - 1; j++)
			r->texts[i][j] = (char)(1 + random_number(&seed) % 255);
		if (i % 3 == 1)
			*record = (struct rrj_record){ .type = RRJ_TURN,
						       .turn = { .seq = ++turns,
								 .kind = RRJ_IDLE,
								 .icount = (int64_t)(random_number(&seed) >> 20),
								 .releases = (uint32_t)i } };
		if (i % 3 == 2)
			*record = (struct rrj_record){ .type = RRJ_REQUEST,
						       .request = { .ticket = i,
								    .op = RRJ_WRITE,
								    .offset = random_number(&seed),
								    .length = 4096,
								    .checksum = (uint32_t)random_number(&seed) } };
	}
	r->records = records;
}

static void write_truth(struct recording *r, struct rrj_writer *writer)
{
	for (size_t i = 0; i < r->records; i++) {
		append(writer, &r->truth[i]);
		if (i % 5 == 4)
			CU_ASSERT_EQUAL_FATAL(rrj_commit(writer), 0);
	}
	CU_ASSERT_EQUAL_FATAL(rrj_commit(writer), 0);
}

struct result {
	size_t records;
	int last;
	enum rrj_state state;
	bool wrong;
};

/* Reads the files as they are. With pieces: notes where each record is, up to the start of its frame or block. */
static struct result read_all(struct recording *r, bool pieces)
{
	struct result result = { 0 };
	struct rrj_reader *reader;
	struct rrj_record record;

	result.last = rrj_reader_new(&reader, r->dir);
	if (result.last)
		return result;
	while ((result.last = rrj_next(reader, &record)) > 0) {
		if (result.records == r->records || !same_record(&record, &r->truth[result.records])) {
			result.wrong = true;
			break;
		}
		for (int i = 0; pieces && i < FILES; i++)
			if (!strcmp(file_names[i], rrj_reader_file(reader)))
				r->pieces[result.records].file = i;
		if (pieces)
			r->pieces[result.records].end = rrj_reader_offset(reader);
		result.records++;
	}
	result.state = rrj_reader_state(reader);
	rrj_reader_free(reader);
	return result;
}

/* From starts to ends: a piece ends where the next one in its file starts, the last one with the file. */
static void find_ends(struct recording *r)
{
	size_t ends[FILES], starts[FILES];

	memcpy(ends, r->sizes, sizeof(ends));
	memset(starts, 0, sizeof(starts));
	for (size_t i = r->records; i-- > 0;) {
		int file = r->pieces[i].file;
		size_t start = r->pieces[i].end;

		if (starts[file] && start != starts[file])
			ends[file] = starts[file];
		starts[file] = start;
		r->pieces[i].end = ends[file];
	}
}

static void snapshot(struct recording *r)
{
	for (int i = 0; i < FILES; i++) {
		r->fds[i] = openat(r->dir, file_names[i], O_RDWR | O_CLOEXEC);
		if (r->fds[i] >= 0)
			r->bytes[i] = bytes_of(r->fds[i], &r->sizes[i]);
	}
}

static void put_back(struct recording *r, int file)
{
	CU_ASSERT_FATAL(pwrite(r->fds[file], r->bytes[file], r->sizes[file], 0) == (ssize_t)r->sizes[file]);
	CU_ASSERT_FATAL(!ftruncate(r->fds[file], (off_t)r->sizes[file]));
}

/* Sealed, or as a killed writer leaves it: some blocks and two tails. free_recording() it. */
static struct recording *new_recording(size_t records, size_t block, bool sealed, uint64_t seed)
{
	struct recording *r = calloc(1, sizeof(*r));
	struct rrj_writer *writer;
	struct result result;

	CU_ASSERT_FATAL(r != NULL);
	make_truth(r, records, seed);
	writer = attached_writer(&r->dir);
	rrj_writer_block_full(writer, block);
	write_truth(r, writer);
	for (int i = 0; !sealed && i < 1000; i++) /* the sealer is at rest */
		usleep(50);
	if (sealed)
		CU_ASSERT_EQUAL_FATAL(rrj_writer_close(writer), 0);
	snapshot(r);
	if (!sealed) {
		CU_ASSERT_EQUAL_FATAL(rrj_writer_close(writer), 0);
		for (int i = 0; i < FILES; i++) {
			close(r->fds[i]);
			r->fds[i] = openat(r->dir, file_names[i], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
			put_back(r, i);
		}
	}
	result = read_all(r, true);
	CU_ASSERT_FATAL(result.records == records && !result.wrong && result.state == RRJ_EARLY);
	find_ends(r);
	return r;
}

static void free_recording(struct recording *r)
{
	for (int i = 0; i < FILES; i++) {
		if (r->fds[i] >= 0)
			close(r->fds[i]);
		free(r->bytes[i]);
	}
	remove_folder(r->dir);
	free(r);
}

/* How many records lie in front of the first piece that reaches beyond that byte of that file. */
static size_t whole_before(const struct recording *r, int file, size_t at)
{
	for (size_t i = 0; i < r->records; i++)
		if (r->pieces[i].file == file && r->pieces[i].end > at)
			return i;
	return r->records;
}

/* CU_ASSERT without its cost of a list entry for each; a failure keeps the files and says how to see it again. */
static void check(struct recording *r, bool ok, const char *what, int file, size_t at)
{
	static int kept;
	char link[32], path[64] = "";

	if (ok)
		return;
	CU_FAIL("damage");
	snprintf(link, sizeof(link), "/proc/self/fd/%d", r->dir);
	if (kept++ || readlink(link, path, sizeof(path) - 1) < 0)
		return;
	printf("\n%s, %s, byte %zu; again: build/unit-tests damage; to look at it: cp -r %s /tmp/kept; rrio-inspect "
	       "dump "
	       "/tmp/kept\n",
	       what, file_names[file], at, path);
	CU_FAIL_FATAL("the files are kept");
}

/* ---- cut ---- */

static size_t cut_everywhere(struct recording *r)
{
	size_t points = 0;

	for (int file = 0; file < FILES; file++) {
		for (size_t at = 0; r->bytes[file] && at < r->sizes[file]; at++, points++) {
			struct result result;
			bool ok;

			CU_ASSERT_FATAL(!ftruncate(r->fds[file], (off_t)at));
			result = read_all(r, false);
			ok = !result.wrong && result.records == whole_before(r, file, at);
			if (!file && at < RRJ_HEADER_SIZE)
				ok = !result.records && result.last == -EMEDIUMTYPE;
			check(r, ok, "cut", file, at);
			CU_ASSERT_FATAL(pwrite(r->fds[file], r->bytes[file] + at, r->sizes[file] - at, (off_t)at) ==
					(ssize_t)(r->sizes[file] - at));
		}
	}
	return points;
}

static void test_truncated(void)
{
	static const struct {
		size_t records, block;
		bool sealed;
	} journals[] = { { 2600, 4000, true }, { 2600, 20000, false }, { 2600, 1000, true }, { 2600, 9000, false } };
	size_t points = 0;

	for (int i = 0; i < 4; i++) {
		struct recording *r =
			new_recording(journals[i].records, journals[i].block, journals[i].sealed, 77 + (uint64_t)i);

		points += cut_everywhere(r);
		free_recording(r);
	}
	printf("%zu cuts ", points);
	CU_ASSERT(points > 150000);
}

/* ---- one bit ---- */

static void test_every_bit(void)
{
	size_t bits = 0, noticed = 0;

	for (int sealed = 0; sealed < 2; sealed++) {
		struct recording *r = new_recording(400, sealed ? 1500 : 5000, sealed, 5);

		for (int file = 0; file < FILES; file++)
			for (size_t bit = 0; r->bytes[file] && bit < 8 * r->sizes[file]; bit++, bits++) {
				uint8_t byte = (uint8_t)(r->bytes[file][bit / 8] ^ 1 << bit % 8);
				struct result result;
				bool ok;

				CU_ASSERT_FATAL(pwrite(r->fds[file], &byte, 1, (off_t)bit / 8) == 1);
				result = read_all(r, false);
				ok = !result.wrong && (result.last < 0 || result.records < r->records) &&
				     (result.last || result.state == RRJ_EARLY);
				noticed += ok;
				check(r, ok, "bit", file, bit / 8);
				CU_ASSERT_FATAL(pwrite(r->fds[file], &r->bytes[file][bit / 8], 1, (off_t)bit / 8) == 1);
			}
		free_recording(r);
	}
	printf("%zu bits, %zu noticed ", bits, noticed);
	CU_ASSERT(bits >= 131072 && noticed == bits);
}

/* ---- more than a bit ---- */

enum how { BURST, ZERO, DUPLICATE, SWAP, SHIFT, HOWS };

/* Damages a copy of the file; *size may change. */
static void damage(uint8_t *bytes, size_t *size, enum how how, uint64_t *seed)
{
	size_t n = how == BURST ? 2 + random_number(seed) % 62 : random_number(seed) % 2 ? 512 : 4096;
	size_t a, b;

	n = n < *size / 2 ? n : *size / 2;
	a = random_number(seed) % (*size - n);
	b = random_number(seed) % (*size - n);
	if (how != BURST) {
		a -= a % n;
		b -= b % n;
	}
	switch (how) {
	case BURST: /* n bits */
		for (size_t bit = 8 * a; bit < 8 * a + n; bit++)
			bytes[bit / 8] ^= (uint8_t)((random_number(seed) >> 40 & 1) << bit % 8);
		break;
	case ZERO:
		memset(bytes + a, 0, n);
		break;
	case DUPLICATE:
		memmove(bytes + a, bytes + b, n);
		break;
	case SWAP:
		for (size_t i = 0; i < n; i++) {
			uint8_t byte = bytes[a + i];

			bytes[a + i] = bytes[b + i];
			bytes[b + i] = byte;
		}
		break;
	case SHIFT:
		memmove(bytes + a, bytes + a + n, *size - a - n);
		*size -= n;
		break;
	case HOWS:
		break;
	}
}

static void test_random_damage(void)
{
	uint64_t seed = 20240817;
	size_t done = 0;

	for (int sealed = 0; sealed < 2; sealed++) {
		struct recording *r = new_recording(1200, sealed ? 3000 : 15000, sealed, 11);
		uint8_t *copy = malloc(1 << 20);

		CU_ASSERT_FATAL(copy != NULL);
		for (int i = 0; i < 10000; i++) {
			int file = (int)(random_number(&seed) % FILES);
			struct result result;
			size_t size, first = 0;

			file = r->bytes[file] && r->sizes[file] > 64 ? file : 0;
			size = r->sizes[file];
			memcpy(copy, r->bytes[file], size);
			damage(copy, &size, (enum how)(i % HOWS), &seed);
			while (first < size && copy[first] == r->bytes[file][first])
				first++;
			CU_ASSERT_FATAL(pwrite(r->fds[file], copy, size, 0) == (ssize_t)size);
			CU_ASSERT_FATAL(!ftruncate(r->fds[file], (off_t)size));
			result = read_all(r, false);
			check(r,
			      !result.wrong &&
				      (first == r->sizes[file] || result.records <= whole_before(r, file, first)),
			      "damage", file, first);
			put_back(r, file);
			done++;
		}
		free(copy);
		free_recording(r);
	}
	printf("%zu damages ", done);
}

/* ---- what is no journal ---- */

static int open_error(int fd)
{
	struct rrj_reader *reader;
	int error = rrj_reader_new(&reader, fd);

	close(fd);
	if (!error)
		rrj_reader_free(reader);
	return error;
}

static void test_no_journal(void)
{
	int sparse = empty_file(), folder = new_folder();

	CU_ASSERT_EQUAL(open_error(empty_file()), -EMEDIUMTYPE);
	CU_ASSERT_EQUAL(
		open_error(file_of((const uint8_t *)"A text that is long enough to be a header, if it were not for "
						    "what it says, which is not\n",
				   88)),
		-EMEDIUMTYPE);
	CU_ASSERT_EQUAL(open_error(open("/dev/zero", O_RDONLY)), -EMEDIUMTYPE);
	CU_ASSERT_FATAL(!ftruncate(sparse, 1ll << 40));
	CU_ASSERT_EQUAL(open_error(sparse), -EMEDIUMTYPE);
	CU_ASSERT_EQUAL(open_error(dup(folder)), -ENOENT);
	remove_folder(folder);
}

/* A header, then nothing but zeros: 1 TiB of them is damage, a sector of them the trace of a power loss. */
static void test_zeros(void)
{
	struct recording *r = new_recording(300, 1000, true, 3);
	struct result result;

	CU_ASSERT_FATAL(!ftruncate(r->fds[0], (off_t)r->sizes[0] + 4096));
	result = read_all(r, false);
	CU_ASSERT(result.records == 300 && result.state == RRJ_EARLY);
	CU_ASSERT_FATAL(!ftruncate(r->fds[0], 1ll << 40));
	result = read_all(r, false);
	CU_ASSERT(result.records == 300 && result.state == RRJ_DAMAGED);
	CU_ASSERT_FATAL(!ftruncate(r->fds[0], RRJ_HEADER_SIZE) && !ftruncate(r->fds[0], 1ll << 40));
	result = read_all(r, false);
	CU_ASSERT(result.records == 0 && result.state == RRJ_DAMAGED);
	free_recording(r);
}

/* Every place of a tail pretends to start a large frame: the search gives up instead of taking minutes. */
static void test_patience(void)
{
	struct recording *r = new_recording(300, 1 << 20, false, 3);
	uint8_t *hostile = malloc(RRJ_CONTENT_MAX);
	struct timespec before, after;
	struct result result;

	CU_ASSERT_FATAL(hostile != NULL);
	for (size_t i = 0; i < RRJ_CONTENT_MAX; i++)
		hostile[i] = i % 4 == 2 ? 4 : 0;
	CU_ASSERT_FATAL(pwrite(r->fds[1], hostile, RRJ_CONTENT_MAX, RRJ_HEADER_SIZE) == RRJ_CONTENT_MAX);
	clock_gettime(CLOCK_MONOTONIC, &before);
	result = read_all(r, false);
	clock_gettime(CLOCK_MONOTONIC, &after);
	CU_ASSERT(result.records == 0 && result.state == RRJ_DAMAGED);
	CU_ASSERT(after.tv_sec - before.tv_sec < 10);
	free(hostile);
	free_recording(r);
}

CU_TestInfo damage_tests[] = {
	{ "cut at every byte of every file", test_truncated },
	{ "every bit flipped", test_every_bit },
	{ "20,000 bursts, zeroed, duplicated, swapped and shifted sectors", test_random_damage },
	{ "what is no journal", test_no_journal },
	{ "zeros at the end", test_zeros },
	{ "bytes that all look like frames", test_patience },
	CU_TEST_INFO_NULL,
};
