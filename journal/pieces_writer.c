// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pieces_writer.c - appends pieces to a recording's store.
 *
 * Owns the file from rrj_pieces_attach on. One thread at a time; allocates with malloc in rrj_pieces_new alone; never
 * prints; does nothing in a forked child. A record is one pwritev into the page cache; one that fails is cut off again,
 * so that the next may follow.
 */
#define ZSTD_STATIC_LINKING_ONLY
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#include "piece.h"
#include "sealer.h"
#include "table.h"

enum { LEVEL = 1, FIRST_KEPT = 1 << 20 };

struct rrj_pieces {
	int fd;	   /* -1: not attached */
	pid_t pid; /* that has attached */
	int error; /* a torn record could not be cut off: nothing may follow */
	uint64_t size, records;
	struct rrj_seal seal;
	struct rrj_table contents; /* by their hash: the offset of their record */
	struct {
		uint8_t *bytes;
		size_t room;
	} kept; /* the file, before there is one */
	ZSTD_CCtx *context;
	uint8_t packed[RRJ_PIECE_SIZE];
	uint8_t workspace[] __attribute__((aligned(8)));
};

/* ---- bytes ---- */

static int keep(struct rrj_pieces *p, const struct iovec *parts, int n, size_t size)
{
	uint8_t *bytes;
	size_t room = p->kept.room ? p->kept.room : FIRST_KEPT;

	while (room < p->size + size)
		room *= 2;
	if (room != p->kept.room) {
		bytes = p->kept.room ? mremap(p->kept.bytes, p->kept.room, room, MREMAP_MAYMOVE)
				     : mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (bytes == MAP_FAILED)
			return -ENOMEM;
		p->kept.bytes = bytes;
		p->kept.room = room;
	}
	for (uint64_t at = p->size; n--; at += parts++->iov_len)
		memcpy(p->kept.bytes + at, parts->iov_base, parts->iov_len);
	return 0;
}

static void drop_kept(struct rrj_pieces *p)
{
	if (p->kept.room)
		munmap(p->kept.bytes, p->kept.room);
	p->kept.room = 0;
}

static int append(struct rrj_pieces *p, const struct iovec *parts, int n)
{
	size_t size = 0;
	int error;

	for (int i = 0; i < n; i++)
		size += parts[i].iov_len;
	if (p->error)
		return p->error;
	if (p->fd >= 0 && p->pid != getpid())
		return -ECHILD;
	error = p->fd < 0 ? keep(p, parts, n, size) : rrj_write_all(p->fd, parts, n, p->size);
	if (error) {
		if (p->fd >= 0 && ftruncate(p->fd, (off_t)p->size) < 0)
			p->error = error;
		return error;
	}
	p->size += size;
	return 0;
}

static int append_record(struct rrj_pieces *p, struct rrj_piece *record, const void *stored)
{
	uint8_t head[RRJ_PIECE_HEAD_SIZE];
	struct iovec parts[] = { { head, sizeof(head) }, { (void *)stored, record->stored } };
	int error;

	record->checksum = rrj_block_checksum(&p->seal, stored, record->stored);
	rrj_piece_write(head, record, &p->seal, p->size);
	error = append(p, parts, record->stored ? 2 : 1);
	if (!error)
		p->records++;
	return error;
}

/* ---- making ---- */

int rrj_pieces_new(struct rrj_pieces **pieces, const uint8_t id[16])
{
	size_t room = ZSTD_estimateCCtxSize(LEVEL);
	struct rrj_pieces *p = calloc(1, sizeof(*p) + room);
	uint8_t header[RRJ_HEADER_SIZE];
	struct iovec part = { header, sizeof(header) };
	int error;

	if (!p)
		return -ENOMEM;
	p->fd = -1;
	p->context = ZSTD_initStaticCCtx(p->workspace, room);
	rrj_seal_init(&p->seal, id);
	rrj_header_write(header, RRJ_PIECES_FILE, &p->seal, &(struct rrj_place){ 0 });
	error = p->context ? append(p, &part, 1) : -ENOMEM;
	if (error) {
		rrj_pieces_free(p);
		return error;
	}
	*pieces = p;
	return 0;
}

int rrj_pieces_attach(struct rrj_pieces *p, int dir)
{
	struct iovec part = { p->kept.bytes, p->size };
	int error, fd;

	if (p->fd >= 0)
		return -EINVAL;
	fd = openat(dir, RRJ_PIECES_NAME, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	error = rrj_write_all(fd, &part, 1, 0);
	if (error) {
		unlinkat(dir, RRJ_PIECES_NAME, 0);
		close(fd);
		return error;
	}
	p->fd = fd;
	p->pid = getpid();
	drop_kept(p);
	return 0;
}

/* ---- records ---- */

static int put_string(struct rrj_pieces *p, struct rrj_piece record, const char *string)
{
	size_t size = strlen(string) + 1;

	if (!record.image)
		return -EINVAL;
	if (size > RRJ_PIECE_NAME_MAX)
		return -ENAMETOOLONG;
	record.size = record.stored = (uint32_t)size;
	return append_record(p, &record, string);
}

int rrj_pieces_image(struct rrj_pieces *p, uint32_t image, uint64_t size, const char *path)
{
	return put_string(p, (struct rrj_piece){ .type = RRJ_PIECE_IMAGE, .image = image, .place = size }, path);
}

int rrj_pieces_name(struct rrj_pieces *p, uint32_t image, const char *name)
{
	return put_string(p, (struct rrj_piece){ .type = RRJ_PIECE_NAME, .image = image }, name);
}

static bool is_zero(const uint8_t *data, size_t size)
{
	return !size || (!data[0] && !memcmp(data, data + 1, size - 1));
}

/* Puts the content itself there; `*stored` becomes what to write. */
static void pack(struct rrj_pieces *p, struct rrj_piece *record, const void **stored)
{
	size_t size = ZSTD_compressCCtx(p->context, p->packed, record->size - 1, *stored, record->size, LEVEL);

	if (ZSTD_isError(size)) {
		record->stored = record->size;
		return;
	}
	record->codec = RRJ_PIECE_ZSTD;
	record->stored = (uint32_t)size;
	*stored = p->packed;
}

int rrj_pieces_put(struct rrj_pieces *p, uint32_t image, uint64_t piece, const void *data, size_t size)
{
	struct rrj_piece record = { .type = RRJ_PIECE_DATA, .image = image, .size = (uint32_t)size, .place = piece };
	uint64_t offset = p->size;
	XXH128_hash_t hash;
	struct rrj_key key;
	int error;

	if (!image || size > RRJ_PIECE_SIZE)
		return -EINVAL;
	if (is_zero(data, size)) {
		record.codec = RRJ_PIECE_ZEROS;
		return append_record(p, &record, NULL);
	}
	hash = XXH3_128bits_withSeed(data, size, size);
	key = (struct rrj_key){ hash.low64, hash.high64 };
	record.same = rrj_table_get(&p->contents, key);
	if (record.same) {
		record.codec = RRJ_PIECE_SAME;
		return append_record(p, &record, NULL);
	}
	pack(p, &record, &data);
	error = append_record(p, &record, data);
	if (!error)
		rrj_table_put(&p->contents, key, offset); /* without memory, the next one like it is stored again */
	return error;
}

void rrj_clone_name(char name[RRJ_CLONE_NAME_SIZE], uint32_t image)
{
	snprintf(name, RRJ_CLONE_NAME_SIZE, RRJ_CLONE_PREFIX "%" PRIu32, image);
}

int rrj_pieces_clone(struct rrj_pieces *p, uint32_t image)
{
	struct rrj_piece record = { .type = RRJ_PIECE_CLONE, .image = image };

	return image ? append_record(p, &record, NULL) : -EINVAL;
}

int rrj_pieces_end(struct rrj_pieces *p)
{
	struct rrj_piece record = { .type = RRJ_PIECE_END, .place = p->records };

	return append_record(p, &record, NULL);
}

uint64_t rrj_pieces_size(const struct rrj_pieces *p)
{
	return p->size;
}

void rrj_pieces_free(struct rrj_pieces *p)
{
	if (p->fd >= 0)
		close(p->fd);
	drop_kept(p);
	rrj_table_free(&p->contents);
	free(p);
}
