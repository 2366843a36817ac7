// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * piece.c - the heads of the records in a store of pieces.
 *
 * Owns their layout. Any thread; touches only the bytes it is given. A head that is none is false.
 */
#include "piece.h"

#include <string.h>

#include "crc32c.h"
#include "wire.h"

static uint8_t *put_u64(uint8_t *out, uint64_t value)
{
	return rrj_put_u32(rrj_put_u32(out, (uint32_t)value), (uint32_t)(value >> 32));
}

static uint64_t get_u64(struct rrj_in *in)
{
	uint64_t low = rrj_get_u32(in);

	return low | (uint64_t)rrj_get_u32(in) << 32;
}

static uint32_t head_checksum(const uint8_t *head, const struct rrj_seal *seal, uint64_t offset)
{
	uint8_t place[8];

	put_u64(place, offset);
	return ~rrj_crc32c(rrj_crc32c(seal->seed, place, sizeof(place)), head + 4, RRJ_PIECE_HEAD_SIZE - 4);
}

void rrj_piece_write(uint8_t out[RRJ_PIECE_HEAD_SIZE], const struct rrj_piece *piece, const struct rrj_seal *seal,
		     uint64_t offset)
{
	uint8_t *to = out + 4;

	to = rrj_put_u32(to, (uint32_t)piece->type | (uint32_t)piece->codec << 8);
	to = rrj_put_u32(to, piece->image);
	to = rrj_put_u32(to, piece->size);
	to = rrj_put_u32(to, piece->stored);
	to = rrj_put_u32(to, piece->checksum);
	put_u64(put_u64(to, piece->place), piece->same);
	rrj_put_u32(out, head_checksum(out, seal, offset));
}

/* How much a codec stores of so many bytes of content. */
static bool fits(const struct rrj_piece *piece)
{
	if (piece->type == RRJ_PIECE_END || piece->type == RRJ_PIECE_CLONE)
		return !piece->stored && piece->codec == RRJ_PIECE_PLAIN;
	if (piece->type != RRJ_PIECE_DATA)
		return piece->stored <= RRJ_PIECE_NAME_MAX && piece->codec == RRJ_PIECE_PLAIN;
	if (piece->size > RRJ_PIECE_SIZE)
		return false;
	switch (piece->codec) {
	case RRJ_PIECE_PLAIN:
		return piece->stored == piece->size;
	case RRJ_PIECE_ZSTD:
		return piece->stored && piece->stored < piece->size;
	default:
		return !piece->stored;
	}
}

bool rrj_piece_read(struct rrj_piece *piece, const uint8_t in[RRJ_PIECE_HEAD_SIZE], const struct rrj_seal *seal,
		    uint64_t offset)
{
	struct rrj_in from = { in, in + RRJ_PIECE_HEAD_SIZE, false };
	uint32_t what;

	if (rrj_get_u32(&from) != head_checksum(in, seal, offset))
		return false;
	what = rrj_get_u32(&from);
	*piece = (struct rrj_piece){ .type = what & 0xff, .codec = what >> 8 };
	piece->image = rrj_get_u32(&from);
	piece->size = rrj_get_u32(&from);
	piece->stored = rrj_get_u32(&from);
	piece->checksum = rrj_get_u32(&from);
	piece->place = get_u64(&from);
	piece->same = get_u64(&from);
	return piece->type && piece->type < RRJ_PIECE_TYPES && what >> 8 < RRJ_PIECE_CODECS && fits(piece);
}
