/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * block.h - what surrounds records, as bytes: the files' header, a frame's head, a block's head. FORMAT.md, sections 2
 * to 4. Any thread; no allocation.
 */
#ifndef RRJ_BLOCK_H
#define RRJ_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "delta.h"

#define RRJ_JOURNAL_NAME "journal"
#define RRJ_TAIL_NAMES             \
	{                          \
		"tail.0", "tail.1" \
	}

enum {
	RRJ_TAILS = 2,
	RRJ_HEADER_SIZE = 72,
	RRJ_HEAD_SIZE = 8, /* of a frame, before its payload */
	RRJ_BLOCK_HEAD_SIZE = 64,
	RRJ_CONTENT_MAX = 17 << 16, /* of a block or a frame: 1 MiB of strings and some room */
	RRJ_BLOCK_FULL = 256 << 10, /* from this much content on a tail is sealed */
};

/* A file's magic differs by what the file is. */
enum rrj_file_kind { RRJ_JOURNAL_FILE, RRJ_TAIL_FILE, RRJ_PIECES_FILE };

enum rrj_codec { RRJ_PLAIN, RRJ_ZSTD, RRJ_ZSTD_COLUMNS, RRJ_CODECS };

/*
 * Required features that every journal of ours has, besides RRJ_NEEDS_…: turns and requests are records of types 9 and
 * 10; blocks may be stored by columns.
 */
enum { RRJ_NEEDS_COMPACT = 1, RRJ_NEEDS_COLUMNS = 4, RRJ_NEEDS_ALWAYS = RRJ_NEEDS_COMPACT | RRJ_NEEDS_COLUMNS };

/* What every checksum starts with: the CRC of the recording's id. */
struct rrj_seal {
	uint8_t id[16];
	uint32_t seed;
	uint32_t needs; /* required features */
};

/* Where a block starts: what was before it. */
struct rrj_place {
	uint64_t number; /* 0, 1, … */
	uint64_t turns;
	uint64_t icount; /* of the last turn */
	uint64_t hash;	 /* of all content */
};

struct rrj_block {
	struct rrj_place place;
	uint64_t after;		  /* the hash including this block */
	uint32_t stored, content; /* sizes: of the bytes behind the head, and decoded */
	enum rrj_codec codec;
	uint32_t checksum; /* of the stored bytes */
};

void rrj_seal_init(struct rrj_seal *seal, const uint8_t id[16]);

/* The hash that follows after `hash` and this content. */
uint64_t rrj_hash(uint64_t hash, const void *content, size_t size);

/* The encoding's state at a block's start, which makes each block readable by itself; and back. */
struct rrj_delta rrj_place_delta(const struct rrj_place *place);
bool rrj_place_same(const struct rrj_place *a, const struct rrj_place *b);

void rrj_header_write(uint8_t out[RRJ_HEADER_SIZE], enum rrj_file_kind kind, const struct rrj_seal *seal,
		      const struct rrj_place *place);

/* -EMEDIUMTYPE: no such file; -EBADMSG: one with a damaged header; -EPROTONOSUPPORT: one that we cannot read. */
int rrj_header_read(struct rrj_seal *seal, struct rrj_place *place, enum rrj_file_kind kind, const uint8_t *in,
		    size_t size);

/* The head of a frame with this payload, in the tail of that block number, at that offset. */
void rrj_frame_head(uint8_t head[RRJ_HEAD_SIZE], const uint8_t *payload, uint32_t size, const struct rrj_seal *seal,
		    uint64_t number, uint64_t offset);

/* The payload's size in a frame that starts with these RRJ_HEAD_SIZE bytes; 0 when none can. */
uint32_t rrj_frame_size(const uint8_t *head);

/* Is this whole frame, head and payload, one that belongs there? */
bool rrj_frame_valid(const uint8_t *frame, const struct rrj_seal *seal, uint64_t number, uint64_t offset);

/* A block's head for that offset in the journal; `stored` is what it covers. */
void rrj_block_write(uint8_t out[RRJ_BLOCK_HEAD_SIZE], const struct rrj_block *block, const struct rrj_seal *seal,
		     uint64_t offset);

/* False when these are not the head of a block at that offset of this journal. */
bool rrj_block_read(struct rrj_block *block, const uint8_t *in, const struct rrj_seal *seal, uint64_t offset);

/* The checksum of a block's stored bytes. */
uint32_t rrj_block_checksum(const struct rrj_seal *seal, const void *stored, size_t size);

#endif
