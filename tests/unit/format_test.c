// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * format_test.c - journal/FORMAT.md's example is what the writer writes, byte for byte, and what the format says of
 * other versions holds.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journal/block.h"
#include "journal/crc32c.h"
#include "sample.h"

/* The records of the example, in two commits: START and FILE, then the rest. */
static const struct rrj_record example[] = {
	{ .type = RRJ_START, .start = {
		.id = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
		.rrio_version = "0.1.0", .emulator = "/bin/q", .emulator_version = "7.2", .build_id = "ab",
		.emulator_size = 1000, .cwd = "/", .argv = { "q\0-S\0", 5 }, .env = { "A=b\0", 4 },
		.data = RRJ_DATA_DIGEST, .mono_ns = 1000, .real_ns = 5000 } },
	{ .type = RRJ_FILE, .file = { .id = 1, .size = 65536, .mtime_ns = 7, .digest = 9, .path = "/d" } },
	{ .type = RRJ_TURN, .turn = {
		.seq = 1, .kind = RRJ_SLICE, .icount = 300, .mono_ns = 1100, .real_ns = 5100, .releases = 2 } },
	{ .type = RRJ_REQUEST, .request = {
		.ticket = 1, .file = 1, .op = RRJ_READ, .calls = 1, .offset = 0, .length = 4096, .result = 4096,
		.checksum = 0x11223344, .submit_icount = 300, .latency_ns = 64 } },
	{ .type = RRJ_REQUEST, .request = {
		.ticket = 2, .file = 1, .op = RRJ_READ, .calls = 1, .offset = 4096, .length = 4096, .result = -5,
		.submit_icount = 260, .latency_ns = 50 } },
	{ .type = RRJ_END, .end = {
		.cause = "exit", .icount = 310, .turns = 1, .requests = 2, .slices = 4, .mono_ns = 1200, .real_ns = 5200 } },
};

enum { EXAMPLE = sizeof(example) / sizeof(example[0]), FIRST_COMMIT = 2 };

/* Bytes in hexadecimal up to the end of the line or a '|'; what is behind that explains them. */
static size_t take_line(const char *line, uint8_t *bytes)
{
	size_t n = 0;
	unsigned byte;
	int used;

	while (sscanf(line, " %2x%n", &byte, &used) == 1 && *line != '|') {
		bytes[n++] = (uint8_t)byte;
		line += used;
	}
	return n;
}

/* What stands between "```hex" and "```". */
static size_t documented_bytes(uint8_t *bytes, size_t room)
{
	FILE *file = fopen(SOURCES "/journal/FORMAT.md", "r");
	char line[256];
	bool inside = false;
	size_t n = 0;

	CU_ASSERT_FATAL(file != NULL);
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "```", 3))
			inside = !strcmp(line, "```hex\n");
		else if (inside && n + sizeof(line) < room)
			n += take_line(line, bytes + n);
	}
	fclose(file);
	return n;
}

static void append_file(int dir, const char *name, uint8_t **bytes, size_t *size)
{
	int fd = openat(dir, name, O_RDONLY);
	size_t more;
	uint8_t *tail = bytes_of(fd, &more), *both = malloc(*size + more);

	CU_ASSERT_FATAL(both != NULL);
	memcpy(both, *bytes, *size);
	memcpy(both + *size, tail, more);
	close(fd);
	free(tail);
	free(*bytes);
	*bytes = both;
	*size += more;
}

/* The example's files in the order of FORMAT.md: the journal, then its tail, before it is closed; or the closed journal. */
static uint8_t *written_bytes(size_t *size, bool closed)
{
	int dir, fd;
	struct rrj_writer *writer = attached_writer(&dir);
	uint8_t *bytes;

	for (int i = 0; i < EXAMPLE; i++) {
		append(writer, &example[i]);
		if (i + 1 == FIRST_COMMIT || i + 1 == EXAMPLE)
			CU_ASSERT_EQUAL_FATAL(rrj_commit(writer), 0);
	}
	if (closed)
		CU_ASSERT_EQUAL_FATAL(rrj_writer_close(writer), 0);
	fd = openat(dir, "journal", O_RDONLY);
	bytes = bytes_of(fd, size);
	close(fd);
	if (!closed) {
		append_file(dir, "tail.0", &bytes, size);
		CU_ASSERT_EQUAL(rrj_writer_close(writer), 0);
	}
	remove_folder(dir);
	return bytes;
}

static void test_example(void)
{
	uint8_t documented[2048];
	size_t size, n = documented_bytes(documented, sizeof(documented));
	uint8_t *written = written_bytes(&size, false);
	bool same = n == size && !memcmp(documented, written, n);

	for (size_t i = 0; !same && i < size; i++)
		printf("%02x%c", written[i], i % 16 == 15 ? '\n' : ' ');
	CU_ASSERT(same);
	free(written);
}

/* P10: the same records in the same commits make the same bytes. */
static void test_same_bytes(void)
{
	size_t size, again_size;
	uint8_t *written = written_bytes(&size, true), *again = written_bytes(&again_size, true);

	CU_ASSERT(size == again_size && !memcmp(written, again, size));
	free(written);
	free(again);
}

/* ---- other versions ---- */

/* The example with one byte of its header changed, and the header's checksum to match: what rrj_reader_new says. */
static int open_changed(size_t at, uint8_t value)
{
	size_t size;
	uint8_t *bytes = written_bytes(&size, true);
	struct rrj_reader *reader = NULL;
	uint32_t crc;
	int fd, error;

	bytes[at] = value;
	crc = ~rrj_crc32c(RRJ_CRC_START, bytes, 68);
	for (int i = 0; i < 4; i++)
		bytes[68 + i] = (uint8_t)(crc >> 8 * i);
	fd = file_of(bytes, size);
	error = rrj_reader_new(&reader, fd);
	rrj_reader_free(reader);
	close(fd);
	free(bytes);
	return error;
}

static void test_versions(void)
{
	CU_ASSERT_EQUAL(open_changed(8, 1), 0);
	CU_ASSERT_EQUAL(open_changed(8, 2), -EPROTONOSUPPORT);
	CU_ASSERT_EQUAL(open_changed(9, 1), -EPROTONOSUPPORT);
	CU_ASSERT_EQUAL(open_changed(10, 1), 0);
	for (size_t i = 12; i < 16; i++)
		CU_ASSERT_EQUAL(open_changed(i, 0x80), 0);
	for (size_t i = 16; i < 20; i++)
		CU_ASSERT_EQUAL(open_changed(i, 0x80), -EPROTONOSUPPORT);
	CU_ASSERT_EQUAL(open_changed(0, 'x'), -EMEDIUMTYPE);
}

/* A START, then this in a block of a journal: the value of the second rrj_next. */
static int read_payload(const char *payload, size_t size, struct rrj_record *record)
{
	static const char start[] = "\xb1\0\0\0\0\0\0\0\0\1\0\0";
	uint8_t bytes[RRJ_HEADER_SIZE + RRJ_BLOCK_HEAD_SIZE + 256], *content = bytes + RRJ_HEADER_SIZE + RRJ_BLOCK_HEAD_SIZE;
	struct rrj_block block = { .codec = RRJ_PLAIN };
	struct rrj_reader *reader;
	struct rrj_seal seal;
	int fd, found = 0;

	rrj_seal_init(&seal, example[0].start.id);
	memcpy(content, start, sizeof(start) - 1);
	memcpy(content + sizeof(start) - 1, payload, size);
	block.stored = block.content = (uint32_t)(sizeof(start) - 1 + size);
	block.checksum = rrj_block_checksum(&seal, content, block.stored);
	block.after = rrj_hash(0, content, block.content);
	rrj_header_write(bytes, RRJ_JOURNAL_FILE, &seal, &(struct rrj_place){ 0 });
	rrj_block_write(bytes + RRJ_HEADER_SIZE, &block, &seal, RRJ_HEADER_SIZE);
	fd = file_of(bytes, RRJ_HEADER_SIZE + RRJ_BLOCK_HEAD_SIZE + block.stored);
	CU_ASSERT_EQUAL_FATAL(rrj_reader_new(&reader, fd), 0);
	for (int i = 0; i < 2; i++)
		found = rrj_next(reader, record);
	rrj_reader_free(reader);
	close(fd);
	return found;
}

#define PAYLOAD(bytes) read_payload(bytes, sizeof(bytes) - 1, &record)

/* 0x33: a TURN (3) of three bytes of payload. 0x11: a SLICE that releases one request. */
static void test_payloads(void)
{
	struct rrj_record record;

	CU_ASSERT_EQUAL(PAYLOAD("\x33\x11\x04\x02"), 1);
	CU_ASSERT(record.type == RRJ_TURN && record.turn.icount == 2 && record.turn.mono_ns == 1 &&
		  record.turn.releases == 1);
	/* more than we know, at the end of a record; a record type that may be skipped */
	CU_ASSERT_EQUAL(PAYLOAD("\x53\x11\x04\x02zz"), 1);
	CU_ASSERT(record.type == RRJ_TURN);
	CU_ASSERT_EQUAL(PAYLOAD("\x1bx\xff\x01yyyyyyyyyyyyyyyy\x33\x11\x04\x02"), 1);
	CU_ASSERT(record.type == RRJ_TURN);
	CU_ASSERT_EQUAL(PAYLOAD("\x1bx"), 0);
	/* type 0; beyond the frame; beyond the record; no kind; too long a number */
	CU_ASSERT_EQUAL(PAYLOAD("\x10x"), -EBADMSG);
	CU_ASSERT_EQUAL(PAYLOAD("\x43\x11\x04\x02"), -EBADMSG);
	CU_ASSERT_EQUAL(PAYLOAD("\xf3"), -EBADMSG);
	CU_ASSERT_EQUAL(PAYLOAD("\x23\x11\x04"), -EBADMSG);
	CU_ASSERT_EQUAL(PAYLOAD("\x33\x10\x04\x02"), -EBADMSG);
	CU_ASSERT_EQUAL(PAYLOAD("\x33\x15\x04\x02"), -EBADMSG);
	CU_ASSERT_EQUAL(PAYLOAD("\x43\x11\x84\x00\x02"), -EBADMSG);
	CU_ASSERT_EQUAL(PAYLOAD("\xc3\x11\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02\x02"), -EBADMSG);
	/* the form that is written: a SLICE that releases one request; one tick later, right behind it, nothing; no kind */
	CU_ASSERT_EQUAL(PAYLOAD("\x39\x41\x04\x02"), 1);
	CU_ASSERT(record.type == RRJ_TURN && record.turn.icount == 2 && record.turn.mono_ns == RRJ_TICK_NS &&
		  record.turn.kind == RRJ_SLICE && record.turn.releases == 1);
	CU_ASSERT_EQUAL(PAYLOAD("\x19\x25"), 1);
	CU_ASSERT(record.type == RRJ_TURN && record.turn.kind == RRJ_AGAIN && !record.turn.icount && !record.turn.mono_ns);
	CU_ASSERT_EQUAL(PAYLOAD("\x19\x26"), -EBADMSG);
	CU_ASSERT_EQUAL(PAYLOAD("\x29\x05\x04"), -EBADMSG);
	/* a request that was submitted at a count that no turn has; a shape that does not exist; no latency */
	CU_ASSERT_EQUAL(PAYLOAD("\x5a\x02\x01\x00\x01\x00"), -EBADMSG);
	CU_ASSERT_EQUAL(PAYLOAD("\x5a\x82\x08\x01\x00\x01"), 1);
	CU_ASSERT(record.type == RRJ_REQUEST && record.request.submit_icount == 0 && record.request.latency_ns == 64);
	CU_ASSERT_EQUAL(PAYLOAD("\x5a\x82\x10\x01\x00\x01"), -EBADMSG);
	CU_ASSERT_EQUAL(PAYLOAD("\x4a\x82\x08\x01\x00"), -EBADMSG);
	/* a second START's type; a note without NUL; a signal that is no signal; a request's reserved bit */
	CU_ASSERT_EQUAL(PAYLOAD("\x11x"), -EBADMSG);
	CU_ASSERT_EQUAL(PAYLOAD("\x36" "a\0b"), -EBADMSG);
	CU_ASSERT_EQUAL(PAYLOAD("\x45\x05\x02xy"), -EBADMSG);
	CU_ASSERT_EQUAL(PAYLOAD("\x54\x80\x01\x01\x01\x01"), -EBADMSG);
}

/* What older versions did not write: digests, an input's place, inputs from outside. Written, it comes back. */
static void test_later_fields(void)
{
	static const struct rrj_record written[] = {
		{ .type = RRJ_START,
		  .start = { .needs = RRJ_NEEDS_OUTSIDE, .rrio_version = "", .emulator = "", .emulator_version = "", .build_id = "", .cwd = "",
			     .data = RRJ_DATA_NONE, .checks = RRJ_CHECK_TRAIL | RRJ_CHECK_MEMORY } },
		{ .type = RRJ_INPUT, .input = { .source = RRJ_G_RANDOM, .data = "1", .size = 1, .icount = 0 } },
		{ .type = RRJ_INPUT, .input = { .source = RRJ_G_RANDOM, .data = "1", .size = 1, .icount = INT64_MAX } },
		{ .type = RRJ_INPUT, .input = { .source = RRJ_LOOKED_UP, .data = "1", .size = 1, .icount = 5 } },
		{ .type = RRJ_TURN, .turn = { .seq = 1, .kind = RRJ_IDLE, .trail = UINT32_MAX } },
		{ .type = RRJ_TURN, .turn = { .seq = 2, .kind = RRJ_IDLE, .loop = 3, .registers = 1 } },
		{ .type = RRJ_TURN, .turn = { .seq = 3, .kind = RRJ_SLICE, .trail = 1, .memory = 0x80000000 } },
		{ .type = RRJ_TURN, .turn = { .seq = 4, .kind = RRJ_AGAIN, .trail = UINT8_MAX } },
		{ .type = RRJ_TURN, .turn = { .seq = 5, .kind = RRJ_IDLE, .trail = UINT8_MAX + 1 } },
		{ .type = RRJ_TURN, .turn = { .seq = 6, .kind = RRJ_IDLE, .trail = 1, .registers = 1 } },
		{ .type = RRJ_END, .end = { .cause = "exit", .trail = 7 } },
	};
	struct rrj_reader *reader;
	struct rrj_record record;
	int dir;
	struct rrj_writer *writer = attached_writer(&dir);

	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++)
		append(writer, &written[i]);
	CU_ASSERT(!rrj_writer_close(writer));
	CU_ASSERT_FATAL(!rrj_reader_new(&reader, dir));
	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		CU_ASSERT_EQUAL_FATAL(rrj_next(reader, &record), 1);
		CU_ASSERT(same_record(&record, &written[i]));
	}
	CU_ASSERT_EQUAL(rrj_next(reader, &record), 0);
	rrj_reader_free(reader);
	remove_folder(dir);
}

#define INPUT_OF(source_, bytes) (&(struct rrj_input){ .source = source_, .data = bytes, .size = sizeof(bytes) - 1 })

/* Inputs from outside by hand: section 6. */
static void test_exchanges(void)
{
	struct rrj_exchange exchange;
	uint64_t fd, events;

	CU_ASSERT(rrj_exchange_get(&exchange, INPUT_OF(RRJ_RECEIVED, "\x02\x01\x04\x02" "ab")));
	CU_ASSERT(exchange.descriptor == 2 && exchange.call == RRJ_CALL_READ && exchange.result == 2);
	CU_ASSERT(!exchange.takes && exchange.size == 2 && !memcmp(exchange.data, "ab", 2));
	CU_ASSERT(rrj_exchange_get(&exchange, INPUT_OF(RRJ_SENT, "\x01\x06\x17" "abcd")));
	CU_ASSERT(exchange.call == RRJ_CALL_WRITE && exchange.result == -12 && exchange.takes);
	CU_ASSERT(exchange.digest == 0x64636261 && !exchange.size);
	/* another source; no such call; data beyond the record */
	CU_ASSERT(!rrj_exchange_get(&exchange, INPUT_OF(RRJ_GETRANDOM, "\x02\x01\x04\x02" "ab")));
	CU_ASSERT(!rrj_exchange_get(&exchange, INPUT_OF(RRJ_CALLED, "\x02\x7f\x04")));
	CU_ASSERT(!rrj_exchange_get(&exchange, INPUT_OF(RRJ_RECEIVED, "\x02\x01\x04\x03" "ab")));
	CU_ASSERT(rrj_ready_get(INPUT_OF(RRJ_READY, "\x01\x09\x03\x01\x05\x11"), 1, &fd, &events));
	CU_ASSERT(fd == 5 && events == 0x11);
	CU_ASSERT(!rrj_ready_get(INPUT_OF(RRJ_READY, "\x01\x09\x03\x01\x05\x11"), 2, &fd, &events));
	CU_ASSERT(!rrj_ready_get(INPUT_OF(RRJ_READY, "\x01\x09\x03"), 0, &fd, &events));
}

CU_TestInfo format_tests[] = {
	{ "inputs from outside", test_exchanges },
	{ "fields of later versions", test_later_fields },
	{ "FORMAT.md's example is what is written", test_example },
	{ "the same records, the same bytes", test_same_bytes },
	{ "versions and features", test_versions },
	{ "records by hand, of later versions and wrong ones", test_payloads },
	CU_TEST_INFO_NULL,
};
