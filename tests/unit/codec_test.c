// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codec_test.c - what a block holds, packed and unpacked: any bytes come back, what is wrong is refused, and columns
 * are worth it.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journal/codec.h"
#include "journal/compact.h"
#include "journal/record.h"
#include "sample.h"

static struct rrj_packer packer;
static struct rrj_unpacker unpacker;
static uint8_t content[RRJ_CONTENT_MAX], packed[RRJ_PACK_ROOM], again[RRJ_CONTENT_MAX];
static size_t stored; /* bytes of `packed` */

static enum rrj_codec comes_back(size_t size)
{
	enum rrj_codec codec = rrj_pack(&packer, packed, &stored, content, size);

	CU_ASSERT(stored <= size);
	CU_ASSERT(codec == RRJ_ZSTD_COLUMNS ? stored < size : codec == RRJ_PLAIN && stored == size);
	memset(again, 0x55, size);
	CU_ASSERT(rrj_unpack(&unpacker, codec, again, size, packed, stored));
	CU_ASSERT(!memcmp(again, content, size));
	return codec;
}

static void begin(void)
{
	CU_ASSERT_FATAL(!rrj_packer_init(&packer) && !rrj_unpacker_init(&unpacker));
}

static void end(void)
{
	rrj_packer_free(&packer);
	rrj_unpacker_free(&unpacker);
}

/* Bytes of which some types and sizes are more frequent than others, so that all that a walk can meet is met. */
static void test_any_bytes(void)
{
	uint64_t seed = 1;

	begin();
	for (int round = 0; round < 400; round++) {
		size_t size = 1 + random_number(&seed) % (round < 390 ? 3000 : RRJ_CONTENT_MAX);
		uint8_t masks[] = { 0xff, 0x7f, 0x3f, 0xfb, 0x8b }, mask = masks[round % sizeof(masks)];

		for (size_t i = 0; i < size; i++)
			content[i] = (uint8_t)random_number(&seed) & mask;
		comes_back(size);
	}
	memset(content, 0xff, sizeof(content));
	comes_back(sizeof(content));
	memset(content, 0, sizeof(content));
	CU_ASSERT_EQUAL(comes_back(sizeof(content)), RRJ_ZSTD_COLUMNS);
	CU_ASSERT_EQUAL(comes_back(1), RRJ_PLAIN);
	end();
}

/* Turns with a random read each: its size. */
static size_t make_reads(unsigned n)
{
	struct rrj_record turn = { .type = RRJ_TURN, .turn = { .kind = RRJ_SLICE, .releases = 1 } };
	struct rrj_record request = { .type = RRJ_REQUEST, .request = { .op = RRJ_READ, .file = 1, .calls = 1 } };
	struct rrj_delta delta = { 0 };
	uint8_t *out = content;
	uint64_t seed = 3;

	request.request.length = 4096;
	request.request.result = 4096;
	for (unsigned i = 0; i < n; i++) {
		turn.turn.seq++;
		turn.turn.icount += 20000 + (int64_t)(random_number(&seed) % 10000);
		turn.turn.mono_ns += (int64_t)RRJ_TICK_NS * (int64_t)(15 + random_number(&seed) % 16);
		turn.turn.trail = (uint8_t)random_number(&seed);
		request.request.ticket++;
		request.request.offset = random_number(&seed) % 16384 * 4096;
		request.request.checksum = (uint32_t)random_number(&seed);
		request.request.submit_icount = turn.turn.icount;
		request.request.latency_ns = (int64_t)(16 + random_number(&seed) % 16) * 1024;
		out = rrj_record_encode(out, &turn, &delta);
		out = rrj_record_encode(out, &request, &delta);
	}
	return (size_t)(out - content);
}

/* Of chance in a read: 4 bytes of checksum, 1 of trail, 15 bits of offset, 13 of count, 4 of time, 4 of latency. */
static void test_reads(void)
{
	enum { READS = 10000 };

	begin();
	CU_ASSERT_EQUAL(comes_back(make_reads(READS)), RRJ_ZSTD_COLUMNS);
	CU_ASSERT(stored < READS * 11);
	end();
}

static bool unpacks(size_t size, const void *bytes, size_t n)
{
	return rrj_unpack(&unpacker, RRJ_ZSTD_COLUMNS, again, size, bytes, n);
}

#define UNPACKS(size, bytes) unpacks(size, bytes, sizeof(bytes) - 1)

/* Columns 0, records' first bytes, and 8, a NOTE's payload, by hand. */
static void test_wrong(void)
{
	size_t size = make_reads(200);

	begin();
	CU_ASSERT(UNPACKS(3, "\x00\x01\x01\x26\x08\x02\x02" "ab"));
	CU_ASSERT(!memcmp(again, "\x26" "ab", 3));
	/* more or less than the content; another type's column; no such column; one twice, in another order, empty */
	CU_ASSERT(!UNPACKS(4, "\x00\x01\x01\x26\x08\x02\x02" "ab"));
	CU_ASSERT(!UNPACKS(2, "\x00\x01\x01\x26\x08\x02\x02" "ab"));
	CU_ASSERT(!UNPACKS(3, "\x00\x01\x01\x26\x07\x02\x02" "ab"));
	CU_ASSERT(!UNPACKS(3, "\x00\x01\x01\x26\x4b\x02\x02" "ab"));
	CU_ASSERT(!UNPACKS(3, "\x00\x01\x01\x26\x08\x01\x01" "a\x08\x01\x01" "b"));
	CU_ASSERT(!UNPACKS(3, "\x08\x02\x02" "ab\x00\x01\x01\x26"));
	CU_ASSERT(!UNPACKS(3, "\x00\x01\x01\x26\x07\x00\x00\x08\x02\x02" "ab"));
	/* no zstd frame; beyond the end; nothing */
	CU_ASSERT(!UNPACKS(3, "\x00\x01\x01\x26\x08\x02\x01" "a"));
	CU_ASSERT(!UNPACKS(3, "\x00\x01\x01\x26\x08\x02\x02" "a"));
	CU_ASSERT(!UNPACKS(3, ""));
	CU_ASSERT_EQUAL_FATAL(comes_back(size), RRJ_ZSTD_COLUMNS);
	for (size_t i = 0; i < stored; i++)
		CU_ASSERT(!unpacks(size, packed, i));
	for (size_t i = 0; i < stored * 8; i++) {
		packed[i / 8] ^= (uint8_t)(1 << i % 8);
		unpacks(size, packed, stored); /* something else or nothing, but within its bounds */
		packed[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	CU_ASSERT(unpacks(size, packed, stored));
	CU_ASSERT(!rrj_unpack(&unpacker, RRJ_CODECS, again, size, packed, stored));
	end();
}

/* tests/golden/v1-columns is GOLDEN_READS of them, as version 1 stored them. */
static void test_golden(void)
{
	enum { GOLDEN_READS = 200 };
	int dir = new_folder(), fd;
	size_t size = make_reads(GOLDEN_READS), n;
	uint8_t *golden;

	begin();
	CU_ASSERT_FATAL(unhex(dir, "journal", "v1-columns"));
	fd = openat(dir, "journal", O_RDONLY | O_CLOEXEC);
	golden = bytes_of(fd, &n);
	CU_ASSERT(unpacks(size, golden, n));
	CU_ASSERT(!memcmp(again, content, size));
	free(golden);
	close(fd);
	remove_folder(dir);
	end();
}

CU_TestInfo codec_tests[] = {
	{ "any bytes come back", test_any_bytes },
	{ "a read takes little more than what is of chance in it", test_reads },
	{ "wrong columns are refused", test_wrong },
	{ "columns as version 1 stored them", test_golden },
	CU_TEST_INFO_NULL,
};
