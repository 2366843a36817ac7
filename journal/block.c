// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * block.c - the file header and the frames' heads.
 *
 * Owns the layout of what surrounds records, not their content. Any thread; touches only the bytes it is given; no
 * allocation, no system call. A failure is -errno or false.
 */
#include "block.h"

#include "crc32c.h"

#include <errno.h>
#include <string.h>

enum {
	MAJOR = 1,
	MINOR = 0,
	REQUIRED_KNOWN = 0, /* features that a reader must know to read on */
	SYNC_BIT = 1 << 24,
	SIZE_MASK = SYNC_BIT - 1,
	COVERED = RRJ_HEADER_SIZE - 4, /* of the header, by its own checksum */
};

/* A byte that is no ASCII, then what transfers in text mode would change. */
static const uint8_t magic[8] = { 0x89, 'R', 'R', 'J', '\r', '\n', 0x1a, '\n' };

static void put_le(uint8_t *out, uint64_t value, int size)
{
	for (int i = 0; i < size; i++)
		out[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get_le(const uint8_t *in, int size)
{
	uint32_t value = 0;

	for (int i = 0; i < size; i++)
		value |= (uint32_t)in[i] << 8 * i;
	return value;
}

void rrj_seal_init(struct rrj_seal *seal, const uint8_t id[16])
{
	memcpy(seal->id, id, sizeof(seal->id));
	seal->seed = rrj_crc32c(RRJ_CRC_START, id, sizeof(seal->id));
}

void rrj_header_write(uint8_t out[RRJ_HEADER_SIZE], const struct rrj_seal *seal)
{
	memcpy(out, magic, sizeof(magic));
	put_le(out + 8, MAJOR, 2);
	put_le(out + 10, MINOR, 2);
	put_le(out + 12, 0, 4); /* optional features */
	put_le(out + 16, 0, 4); /* required features */
	memcpy(out + 20, seal->id, sizeof(seal->id));
	put_le(out + COVERED, ~rrj_crc32c(RRJ_CRC_START, out, COVERED), 4);
}

int rrj_header_read(struct rrj_seal *seal, const uint8_t *in, size_t size)
{
	if (size < RRJ_HEADER_SIZE || memcmp(in, magic, sizeof(magic)) != 0)
		return -EMEDIUMTYPE;
	if (get_le(in + COVERED, 4) != (uint32_t)~rrj_crc32c(RRJ_CRC_START, in, COVERED))
		return -EBADMSG;
	if (get_le(in + 8, 2) != MAJOR || (get_le(in + 16, 4) & ~(uint32_t)REQUIRED_KNOWN))
		return -EPROTONOSUPPORT;
	rrj_seal_init(seal, in + 20);
	return 0;
}

/* Over the id, the frame's offset in the file, then all of the frame behind the checksum itself. */
static uint32_t frame_checksum(const uint8_t *frame, uint32_t size, const struct rrj_seal *seal, uint64_t offset)
{
	uint8_t place[8];

	put_le(place, offset, sizeof(place));
	return ~rrj_crc32c(rrj_crc32c(seal->seed, place, sizeof(place)), frame + 4, RRJ_HEAD_SIZE - 4 + size);
}

void rrj_frame_close(uint8_t *frame, struct rrj_head head, const struct rrj_seal *seal, uint64_t offset)
{
	put_le(frame + 4, head.size | (head.sync ? SYNC_BIT : 0), 4);
	put_le(frame, frame_checksum(frame, head.size, seal, offset), 4);
}

bool rrj_head_read(struct rrj_head *head, const uint8_t *in)
{
	uint32_t word = get_le(in + 4, 4);

	head->size = word & SIZE_MASK;
	head->sync = word & SYNC_BIT;
	return !(word & ~(uint32_t)(SIZE_MASK | SYNC_BIT)) && head->size && head->size <= RRJ_PAYLOAD_MAX;
}

bool rrj_frame_valid(const uint8_t *frame, struct rrj_head head, const struct rrj_seal *seal, uint64_t offset)
{
	return get_le(frame, 4) == frame_checksum(frame, head.size, seal, offset);
}
