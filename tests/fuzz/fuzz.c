// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz.c - libFuzzer's target: any bytes as a recording, or as a part of one with its checksums put right.
 *
 * The first byte chooses, or FUZZ_PART in the environment. Parsers: 0 a tail as it is, 1 its frames, 2 a stored block's
 * content, 3 a zstd block, 4 a journal as it is, 5 records of a store of pieces, 6 columns and what they are made of.
 * Checks: no record after damage, memory and time by libFuzzer's limits, reading ends, columns give back what was put.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "journal/block.h"
#include "journal/codec.h"
#include "journal/piece.h"
#include "rrio/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum part { TAIL, FRAMES, CONTENT, ZSTD, AS_IS, PIECES, COLUMNS, PARTS };

static uint8_t bytes[16 << 20];

static const uint8_t id[] = "0123456789abcdef";

static const struct rrj_seal *seal(void)
{
	static struct rrj_seal seal;

	rrj_seal_init(&seal, id);
	return &seal;
}

/* A journal that holds one block with these stored bytes. */
static size_t journal_of(const uint8_t *data, size_t size, enum rrj_codec codec)
{
	struct rrj_block block = { .codec = codec, .stored = (uint32_t)size, .content = (uint32_t)size };

	rrj_header_write(bytes, RRJ_JOURNAL_FILE, seal(), &block.place);
	if (!size)
		return RRJ_HEADER_SIZE;
	if (codec == RRJ_ZSTD && size > 4)
		block.content = (uint32_t)size + data[0] * 4096u;
	block.checksum = rrj_block_checksum(seal(), data, size);
	block.after = rrj_hash(0, data, size);
	rrj_block_write(bytes + RRJ_HEADER_SIZE, &block, seal(), RRJ_HEADER_SIZE);
	memcpy(bytes + RRJ_HEADER_SIZE + RRJ_BLOCK_HEAD_SIZE, data, size);
	return RRJ_HEADER_SIZE + RRJ_BLOCK_HEAD_SIZE + size;
}

/* A tail whose frames are pieces of the data, each with a first byte that says how long it is. */
static size_t tail_of(const uint8_t *data, size_t size)
{
	size_t at = RRJ_HEADER_SIZE;

	rrj_header_write(bytes, RRJ_TAIL_FILE, seal(), &(struct rrj_place){ 0 });
	while (size > 1) {
		uint32_t n = data[0] && data[0] < size ? data[0] : (uint32_t)size - 1;

		rrj_frame_head(bytes + at, data + 1, n, seal(), 0, at);
		memcpy(bytes + at + RRJ_HEAD_SIZE, data + 1, n);
		at += RRJ_HEAD_SIZE + n;
		data += 1 + n;
		size -= 1 + n;
	}
	return at;
}

/* A store whose records have what the data says: eight bytes for a head, then what it stores. */
static size_t pieces_of(const uint8_t *data, size_t size)
{
	enum { HEAD = 8, SPREAD = 16 };
	size_t at = RRJ_HEADER_SIZE, offsets[SPREAD] = { 0 };

	rrj_header_write(bytes, RRJ_PIECES_FILE, seal(), &(struct rrj_place){ 0 });
	for (size_t n = 0; size >= HEAD; n++) {
		size_t rest = size - HEAD, stored = (size_t)data[3] | (size_t)data[4] << 8;
		struct rrj_piece record = { .type = data[0] % (RRJ_PIECE_TYPES + 1),
					    .codec = data[1] % (RRJ_PIECE_CODECS + 1) };

		record.image = data[2] % 4;
		record.stored = (uint32_t)(stored < rest ? stored : rest);
		record.size = data[5] & 1 ? record.stored : data[5] & 2 ? RRJ_PIECE_SIZE : data[5] * 257u;
		record.place = data[6] & 128 ? n : data[6];
		record.same = data[7] & 128 ? data[7] : offsets[data[7] % SPREAD];
		record.checksum = rrj_block_checksum(seal(), data + HEAD, record.stored);
		rrj_piece_write(bytes + at, &record, seal(), at);
		memcpy(bytes + at + RRJ_PIECE_HEAD_SIZE, data + HEAD, record.stored);
		offsets[n % SPREAD] = at;
		at += RRJ_PIECE_HEAD_SIZE + record.stored;
		data += HEAD + record.stored;
		size = rest - record.stored;
	}
	return at;
}

static void write_file(int dir, const char *name, const uint8_t *content, size_t size)
{
	int fd = openat(dir, name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, content, size) != (ssize_t)size)
		abort();
	close(fd);
}

static void read_all(int fd)
{
	struct rrj_reader *reader;
	struct rrj_record record;
	size_t n = 0;

	if (rrj_reader_new(&reader, fd))
		return;
	while (rrj_next(reader, &record) > 0)
		if (++n > sizeof(bytes) * 2)
			abort();
	if (rrj_reader_state(reader) == RRJ_DAMAGED && rrj_next(reader, &record) > 0)
		abort();
	if (!rrj_seek_icount(reader, 1000))
		while (rrj_next(reader, &record) > 0)
			;
	rrj_reader_free(reader);
}

static char made[] = "/dev/shm/rrio-fuzz-XXXXXX";

static void leave(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", made);
	if (system(command))
		_exit(1);
}

static int folder(void)
{
	static int dir = -1;

	if (dir < 0 && (!mkdtemp(made) || atexit(leave) || (dir = open(made, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0))
		abort();
	return dir;
}

static void read_tail(const uint8_t *tail, size_t size)
{
	uint8_t header[RRJ_HEADER_SIZE];

	rrj_header_write(header, RRJ_JOURNAL_FILE, seal(), &(struct rrj_place){ 0 });
	write_file(folder(), RRJ_JOURNAL_NAME, header, sizeof(header));
	write_file(folder(), "tail.0", tail, size);
	read_all(folder());
}

static void read_pieces(size_t size)
{
	static uint8_t piece[RRJ_PIECE_SIZE];
	struct rrj_pieces_reader *reader;
	uint64_t offset, image_size;

	write_file(folder(), RRJ_PIECES_NAME, bytes, size);
	if (rrj_pieces_open(&reader, folder(), id, &offset))
		return;
	for (uint32_t image = 0; image < 4; image++) {
		const char *path = rrj_pieces_path(reader, image);

		if (path && !rrj_pieces_find(reader, path, &image_size))
			abort();
		if (rrj_pieces_cloned(reader, image) && !path)
			abort();
		for (uint64_t place = 0; place < 256; place++)
			if (rrj_pieces_get(reader, image, place, piece) > RRJ_PIECE_SIZE)
				abort();
	}
	rrj_pieces_close(reader);
}

static void read_journal(const uint8_t *journal, size_t size)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, journal, size, 0) != (ssize_t)size)
		abort();
	read_all(fd);
}

/* The data as columns, which say themselves how much content they are; and as content. */
static void read_columns(const uint8_t *data, size_t size)
{
	static uint8_t packed[RRJ_PACK_ROOM], content[RRJ_CONTENT_MAX];
	static struct rrj_packer packer;
	static struct rrj_unpacker unpacker;
	enum rrj_codec codec;
	size_t stored;

	if (!packer.columns && (rrj_packer_init(&packer) || rrj_unpacker_init(&unpacker)))
		abort();
	if (size > 2)
		rrj_unpack(&unpacker, RRJ_ZSTD_COLUMNS, content, data[0] + data[1] * 256u, data + 2, size - 2);
	codec = rrj_pack(&packer, packed, &stored, data, size);
	if (!rrj_unpack(&unpacker, codec, content, size, packed, stored) || memcmp(content, data, size))
		abort();
}

static int only = -1;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *part = getenv("FUZZ_PART");

	(void)argc;
	(void)argv;
	if (part)
		only = atoi(part);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > 1 << 20)
		return 0;
	switch ((enum part)((only < 0 ? *data : only) % PARTS)) {
	case TAIL:
		read_tail(data + 1, size - 1);
		break;
	case FRAMES:
		read_tail(bytes, tail_of(data + 1, size - 1));
		break;
	case CONTENT:
		read_journal(bytes, journal_of(data + 1, size - 1, RRJ_PLAIN));
		break;
	case ZSTD:
		read_journal(bytes, journal_of(data + 1, size - 1, RRJ_ZSTD));
		break;
	case PIECES:
		read_pieces(pieces_of(data + 1, size - 1));
		break;
	case COLUMNS:
		read_columns(data + 1, size - 1);
		break;
	case AS_IS:
	case PARTS:
		read_journal(data + 1, size - 1);
		break;
	}
	return 0;
}
