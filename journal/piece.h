/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * piece.h - the heads of the records in a store of pieces, as bytes. FORMAT.md, section 11. Any thread; no allocation.
 */
#ifndef RRJ_PIECE_H
#define RRJ_PIECE_H

#include "block.h"
#include "rrio/pieces.h"

enum rrj_piece_type {
	RRJ_PIECE_IMAGE = 1, /* place: its size; stored: its path */
	RRJ_PIECE_NAME,	     /* stored: the name */
	RRJ_PIECE_DATA,	     /* place: its number; stored: what the codec says */
	RRJ_PIECE_END,	     /* place: the records before it */
	RRJ_PIECE_CLONE,     /* from here on the image is in a file of its own */
	RRJ_PIECE_TYPES,
};

enum rrj_piece_codec {
	RRJ_PIECE_PLAIN,
	RRJ_PIECE_ZSTD,
	RRJ_PIECE_ZEROS, /* nothing is stored */
	RRJ_PIECE_SAME,	 /* as the piece in the record at the offset `same`, which is plain or zstd */
	RRJ_PIECE_CODECS,
};

enum { RRJ_PIECE_HEAD_SIZE = 40, RRJ_PIECE_NAME_MAX = 4096 };

struct rrj_piece {
	enum rrj_piece_type type;
	enum rrj_piece_codec codec;
	uint32_t image;
	uint32_t size;	   /* of the content */
	uint32_t stored;   /* bytes behind the head */
	uint32_t checksum; /* of these */
	uint64_t place, same;
};

void rrj_piece_write(uint8_t out[RRJ_PIECE_HEAD_SIZE], const struct rrj_piece *piece, const struct rrj_seal *seal,
		     uint64_t offset);

/* False when these are not the head of a record at that offset of this recording's store. */
bool rrj_piece_read(struct rrj_piece *piece, const uint8_t in[RRJ_PIECE_HEAD_SIZE], const struct rrj_seal *seal,
		    uint64_t offset);

#endif
