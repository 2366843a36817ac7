/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * codec.h - a block's content as the bytes that are stored, and back. FORMAT.md, section 4. One thread each; allocation
 * in the init functions alone.
 */
#ifndef RRJ_CODEC_H
#define RRJ_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zstd.h>

#include "block.h"
#include "columns.h"

/* A column's head at its longest: which one, two numbers up to RRJ_CONTENT_MAX. */
enum { RRJ_COLUMN_HEAD = 7, RRJ_PACK_ROOM = RRJ_CONTENT_MAX + RRJ_COLUMNS * RRJ_COLUMN_HEAD };

struct rrj_packer {
	uint8_t *columns;
	void *workspace; /* of zstd */
	size_t workspace_size;
};

int rrj_packer_init(struct rrj_packer *packer);
void rrj_packer_free(struct rrj_packer *packer);

/* Into out, which has RRJ_PACK_ROOM: how it is stored there, and in how many bytes, at most `size`. */
enum rrj_codec rrj_pack(struct rrj_packer *packer, uint8_t *out, size_t *stored, const uint8_t *content, size_t size);

struct rrj_unpacker {
	uint8_t *columns;
	ZSTD_DCtx *context;
};

int rrj_unpacker_init(struct rrj_unpacker *unpacker);
void rrj_unpacker_free(struct rrj_unpacker *unpacker);

/* False when those bytes are no content of this size, which is at most RRJ_CONTENT_MAX. */
bool rrj_unpack(struct rrj_unpacker *unpacker, enum rrj_codec codec, uint8_t *content, size_t size,
		const uint8_t *stored, size_t stored_size);

#endif
