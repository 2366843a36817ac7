/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * block.h - the file header and the frames' heads, as bytes. FORMAT.md, sections 2 and 3. Any thread; no allocation.
 */
#ifndef RRJ_BLOCK_H
#define RRJ_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RRJ_HEADER_SIZE = 40,
	RRJ_HEAD_SIZE = 8,	    /* of a frame, before its payload */
	RRJ_PAYLOAD_MAX = 17 << 16, /* of a frame: 1 MiB of strings and some room */
	RRJ_SYNC_EVERY = 64 << 10,  /* bytes of file from one sync frame to the next, at most one frame more */
	RRJ_SCAN = 1 << 20,	    /* how far behind damage to look for a valid frame */
};

/* What a frame's checksum starts with: the CRC of the recording's id. */
struct rrj_seal {
	uint8_t id[16];
	uint32_t seed;
};

struct rrj_head {
	uint32_t size; /* of the payload, 1 to RRJ_PAYLOAD_MAX */
	bool sync;
};

void rrj_seal_init(struct rrj_seal *seal, const uint8_t id[16]);

void rrj_header_write(uint8_t out[RRJ_HEADER_SIZE], const struct rrj_seal *seal);

/* -EMEDIUMTYPE: no journal; -EBADMSG: one with a damaged header; -EPROTONOSUPPORT: one that we cannot read. */
int rrj_header_read(struct rrj_seal *seal, const uint8_t *in, size_t size);

/* Fills in the head of a frame whose payload lies behind it, for that offset in the file. */
void rrj_frame_close(uint8_t *frame, struct rrj_head head, const struct rrj_seal *seal, uint64_t offset);

/* False when no frame can start with these RRJ_HEAD_SIZE bytes. */
bool rrj_head_read(struct rrj_head *head, const uint8_t *in);

/* Is this whole frame, head and payload, one that belongs at that offset of this journal? */
bool rrj_frame_valid(const uint8_t *frame, struct rrj_head head, const struct rrj_seal *seal, uint64_t offset);

#endif
