// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codec.c - packs and unpacks what a block holds.
 *
 * Owns its memory. One thread for a packer, one for an unpacker; allocation in the init functions alone; no system
 * call, no lock. Packing cannot fail: what gets no shorter is stored as it is. Unpacking trusts nothing.
 */
#define ZSTD_STATIC_LINKING_ONLY
#include "codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

enum { LEVEL = 3 };

/* ---- packing ---- */

int rrj_packer_init(struct rrj_packer *p)
{
	p->workspace_size = ZSTD_estimateCCtxSize(LEVEL);
	p->workspace = malloc(p->workspace_size);
	p->columns = malloc(RRJ_CONTENT_MAX);
	if (p->workspace && p->columns)
		return 0;
	rrj_packer_free(p);
	return -ENOMEM;
}

void rrj_packer_free(struct rrj_packer *p)
{
	free(p->workspace);
	free(p->columns);
	*p = (struct rrj_packer){ 0 };
}

/* Returns the position behind it. It is compressed behind the room for its head, then moved there. */
static uint8_t *put_column(ZSTD_CCtx *context, uint8_t *out, unsigned column, const uint8_t *bytes, size_t size)
{
	const uint8_t *from = out + RRJ_COLUMN_HEAD;
	size_t stored = ZSTD_compressCCtx(context, out + RRJ_COLUMN_HEAD, size - 1, bytes, size, LEVEL);

	if (ZSTD_isError(stored)) {
		from = bytes;
		stored = size;
	}
	*out++ = (uint8_t)column;
	out = rrj_put_varint(out, size);
	out = rrj_put_varint(out, stored);
	memmove(out, from, stored);
	return out + stored;
}

static size_t put_columns(struct rrj_packer *p, uint8_t *out, const uint8_t *content, size_t size)
{
	ZSTD_CCtx *context = ZSTD_initStaticCCtx(p->workspace, p->workspace_size);
	const uint8_t *bytes = p->columns;
	uint8_t *start = out;
	uint32_t sizes[RRJ_COLUMNS];

	if (!context)
		return size;
	rrj_columns_split(p->columns, sizes, content, size);
	for (unsigned i = 0; i < RRJ_COLUMNS; bytes += sizes[i++])
		if (sizes[i])
			out = put_column(context, out, i, bytes, sizes[i]);
	return (size_t)(out - start);
}

enum rrj_codec rrj_pack(struct rrj_packer *p, uint8_t *out, size_t *stored, const uint8_t *content, size_t size)
{
	*stored = put_columns(p, out, content, size);
	if (*stored < size)
		return RRJ_ZSTD_COLUMNS;
	memcpy(out, content, size);
	*stored = size;
	return RRJ_PLAIN;
}

/* ---- unpacking ---- */

int rrj_unpacker_init(struct rrj_unpacker *u)
{
	u->columns = malloc(RRJ_CONTENT_MAX);
	u->context = ZSTD_createDCtx();
	if (u->columns && u->context)
		return 0;
	rrj_unpacker_free(u);
	return -ENOMEM;
}

void rrj_unpacker_free(struct rrj_unpacker *u)
{
	free(u->columns);
	ZSTD_freeDCtx(u->context);
	*u = (struct rrj_unpacker){ 0 };
}

static bool decompress(struct rrj_unpacker *u, uint8_t *out, size_t size, const void *stored, size_t stored_size)
{
	return ZSTD_decompressDCtx(u->context, out, size, stored, stored_size) == size;
}

static bool get_column(struct rrj_unpacker *u, struct rrj_in *in, uint8_t *out, size_t size)
{
	size_t stored_size;
	const void *stored = rrj_get_bytes(in, &stored_size);

	if (in->bad || !size)
		return false;
	if (stored_size != size)
		return decompress(u, out, size, stored, stored_size);
	memcpy(out, stored, size);
	return true;
}

/* Columns come in their order, those that are empty do not. */
static bool get_columns(struct rrj_unpacker *u, uint8_t *content, size_t size, struct rrj_in in)
{
	uint32_t sizes[RRJ_COLUMNS] = { 0 };
	unsigned next = 0;
	size_t used = 0;

	while (in.p < in.end) {
		unsigned column = rrj_get_byte(&in);
		size_t length = (size_t)rrj_get_upto(&in, size - used);

		if (column < next || column >= RRJ_COLUMNS || !get_column(u, &in, u->columns + used, length))
			return false;
		sizes[column] = (uint32_t)length;
		used += length;
		next = column + 1;
	}
	return rrj_columns_join(content, size, u->columns, sizes);
}

bool rrj_unpack(struct rrj_unpacker *u, enum rrj_codec codec, uint8_t *content, size_t size, const uint8_t *stored,
		size_t stored_size)
{
	switch (codec) {
	case RRJ_PLAIN:
		if (stored_size != size)
			return false;
		memcpy(content, stored, size);
		return true;
	case RRJ_ZSTD:
		return decompress(u, content, size, stored, stored_size);
	case RRJ_ZSTD_COLUMNS:
		return get_columns(u, content, size, (struct rrj_in){ stored, stored + stored_size, false });
	case RRJ_CODECS:
		break;
	}
	return false;
}
