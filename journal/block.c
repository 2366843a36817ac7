// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * block.c - the files' header, the frames' and the blocks' heads.
 *
 * Owns the layout of what surrounds records, not their content. Any thread; touches only the bytes it is given; no
 * allocation, no system call. A failure is -errno or false.
 */
#include "block.h"

#include <errno.h>
#include <string.h>
#include <xxhash.h>

#include "crc32c.h"

enum {
	MAJOR = 1,
	MINOR = 0,
	REQUIRED_KNOWN = RRJ_NEEDS_ALWAYS | RRJ_NEEDS_OUTSIDE, /* features that a reader must know to read on */
	PLACE_AT = 36,	    /* in the file header */
	COVERED = RRJ_HEADER_SIZE - 4,
	BLOCK_PLACE_AT = 24,
};

/* A byte that is no ASCII, what the file is, then what transfers in text mode would change. */
static const uint8_t magics[][8] = {
	[RRJ_JOURNAL_FILE] = { 0x89, 'R', 'R', 'J', '\r', '\n', 0x1a, '\n' },
	[RRJ_TAIL_FILE] = { 0x89, 'R', 'R', 'T', '\r', '\n', 0x1a, '\n' },
	[RRJ_PIECES_FILE] = { 0x89, 'R', 'R', 'P', '\r', '\n', 0x1a, '\n' },
};

static const uint8_t block_magic[4] = { 0x89, 'R', 'R', 'B' };

static void put_le(uint8_t *out, uint64_t value, int size)
{
	for (int i = 0; i < size; i++)
		out[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get_le(const uint8_t *in, int size)
{
	uint64_t value = 0;

	for (int i = 0; i < size; i++)
		value |= (uint64_t)in[i] << 8 * i;
	return value;
}

static uint32_t get_u32(const uint8_t *in)
{
	return (uint32_t)get_le(in, 4);
}

void rrj_seal_init(struct rrj_seal *seal, const uint8_t id[16])
{
	memcpy(seal->id, id, sizeof(seal->id));
	seal->needs = 0;
	seal->seed = rrj_crc32c(RRJ_CRC_START, id, sizeof(seal->id));
}

uint64_t rrj_hash(uint64_t hash, const void *content, size_t size)
{
	return XXH3_64bits_withSeed(content, size, hash);
}

/* ---- places ---- */

struct rrj_delta rrj_place_delta(const struct rrj_place *place)
{
	return (struct rrj_delta){ .seq = place->turns, .icount = place->icount };
}

bool rrj_place_same(const struct rrj_place *a, const struct rrj_place *b)
{
	return a->number == b->number && a->turns == b->turns && a->icount == b->icount && a->hash == b->hash;
}

static void put_place(uint8_t *out, const struct rrj_place *place)
{
	put_le(out, place->number, 8);
	put_le(out + 8, place->turns, 8);
	put_le(out + 16, place->icount, 8);
	put_le(out + 24, place->hash, 8);
}

static struct rrj_place get_place(const uint8_t *in)
{
	return (struct rrj_place){ get_le(in, 8), get_le(in + 8, 8), get_le(in + 16, 8), get_le(in + 24, 8) };
}

/* ---- files ---- */

void rrj_header_write(uint8_t out[RRJ_HEADER_SIZE], enum rrj_file_kind kind, const struct rrj_seal *seal,
		      const struct rrj_place *place)
{
	memcpy(out, magics[kind], sizeof(magics[kind]));
	put_le(out + 8, MAJOR, 2);
	put_le(out + 10, MINOR, 2);
	put_le(out + 12, 0, 4); /* optional features */
	put_le(out + 16, seal->needs, 4);
	memcpy(out + 20, seal->id, sizeof(seal->id));
	put_place(out + PLACE_AT, place);
	put_le(out + COVERED, ~rrj_crc32c(RRJ_CRC_START, out, COVERED), 4);
}

int rrj_header_read(struct rrj_seal *seal, struct rrj_place *place, enum rrj_file_kind kind, const uint8_t *in,
		    size_t size)
{
	uint32_t checksum;

	if (size < RRJ_HEADER_SIZE || memcmp(in, magics[kind], sizeof(magics[kind])) != 0)
		return -EMEDIUMTYPE;
	checksum = ~rrj_crc32c(RRJ_CRC_START, in, COVERED);
	if (get_u32(in + COVERED) == __builtin_bswap32(checksum) && in[8] == 0)
		return -EPROTONOSUPPORT; /* a big-endian writer, which no version allows */
	if (get_u32(in + COVERED) != checksum)
		return -EBADMSG;
	if (get_le(in + 8, 2) != MAJOR || (get_u32(in + 16) & ~(uint32_t)REQUIRED_KNOWN))
		return -EPROTONOSUPPORT;
	rrj_seal_init(seal, in + 20);
	seal->needs = get_u32(in + 16);
	*place = get_place(in + PLACE_AT);
	return 0;
}

/* ---- frames: checksum, size, payload ---- */

/* Over the id, the block's number, the frame's offset in the tail, its size and its payload. */
static uint32_t frame_checksum(const uint8_t *payload, uint32_t size, const struct rrj_seal *seal, uint64_t number,
			       uint64_t offset)
{
	uint8_t place[20];

	put_le(place, number, 8);
	put_le(place + 8, offset, 8);
	put_le(place + 16, size, 4);
	return ~rrj_crc32c(rrj_crc32c(seal->seed, place, sizeof(place)), payload, size);
}

void rrj_frame_head(uint8_t head[RRJ_HEAD_SIZE], const uint8_t *payload, uint32_t size, const struct rrj_seal *seal,
		    uint64_t number, uint64_t offset)
{
	put_le(head, frame_checksum(payload, size, seal, number, offset), 4);
	put_le(head + 4, size, 4);
}

uint32_t rrj_frame_size(const uint8_t *head)
{
	uint32_t size = get_u32(head + 4);

	return size <= RRJ_CONTENT_MAX ? size : 0;
}

bool rrj_frame_valid(const uint8_t *frame, const struct rrj_seal *seal, uint64_t number, uint64_t offset)
{
	uint32_t size = rrj_frame_size(frame);

	return get_u32(frame) == frame_checksum(frame + RRJ_HEAD_SIZE, size, seal, number, offset);
}

/* ---- blocks ---- */

static uint32_t block_head_checksum(const uint8_t *head, const struct rrj_seal *seal, uint64_t offset)
{
	uint8_t place[8];

	put_le(place, offset, 8);
	return ~rrj_crc32c(rrj_crc32c(seal->seed, place, sizeof(place)), head + 4, RRJ_BLOCK_HEAD_SIZE - 4);
}

void rrj_block_write(uint8_t out[RRJ_BLOCK_HEAD_SIZE], const struct rrj_block *block, const struct rrj_seal *seal,
		     uint64_t offset)
{
	memcpy(out + 4, block_magic, sizeof(block_magic));
	put_le(out + 8, block->stored, 4);
	put_le(out + 12, block->content | (uint32_t)block->codec << 24, 4);
	put_le(out + 16, block->checksum, 4);
	put_le(out + 20, 0, 4);
	put_place(out + BLOCK_PLACE_AT, &block->place);
	put_le(out + BLOCK_PLACE_AT + 32, block->after, 8);
	put_le(out, block_head_checksum(out, seal, offset), 4);
}

bool rrj_block_read(struct rrj_block *block, const uint8_t *in, const struct rrj_seal *seal, uint64_t offset)
{
	if (memcmp(in + 4, block_magic, sizeof(block_magic)) != 0 ||
	    get_u32(in) != block_head_checksum(in, seal, offset))
		return false;
	*block = (struct rrj_block){
		.place = get_place(in + BLOCK_PLACE_AT),
		.after = get_le(in + BLOCK_PLACE_AT + 32, 8),
		.stored = get_u32(in + 8),
		.content = get_u32(in + 12) & 0xffffff,
		.codec = (enum rrj_codec)in[15],
		.checksum = get_u32(in + 16),
	};
	return block->codec < RRJ_CODECS && block->content && block->content <= RRJ_CONTENT_MAX &&
	       block->stored <= block->content && (block->codec != RRJ_PLAIN || block->stored == block->content);
}

uint32_t rrj_block_checksum(const struct rrj_seal *seal, const void *stored, size_t size)
{
	return ~rrj_crc32c(seal->seed, stored, size);
}
