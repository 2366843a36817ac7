// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pieces_reader.c - finds pieces in a recording's store.
 *
 * Owns its descriptor and an index: where each piece's record is. One thread at a time; allocates in rrj_pieces_open;
 * never prints. Heads are checked when the store is opened, what is behind them when it is asked for.
 */
#define ZSTD_STATIC_LINKING_ONLY
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "piece.h"
#include "table.h"
#include "window.h"

enum { WINDOW = 1 << 20 };

/* An image, or one more name of one. */
struct name {
	struct name *next;
	uint32_t image;
	bool is_path, cloned;
	uint64_t size;
	char text[];
};

struct rrj_pieces_reader {
	int fd;
	bool whole;
	uint64_t records, offset;
	struct rrj_seal seal;
	struct rrj_table index; /* image and piece: the offset of the record */
	struct name *names;
	ZSTD_DCtx *context;
	uint8_t packed[RRJ_PIECE_SIZE];
};

static struct rrj_key key_of(uint32_t image, uint64_t piece)
{
	return (struct rrj_key){ piece, image };
}

static struct name *name_of(const struct rrj_pieces_reader *r, uint32_t image)
{
	struct name *name = r->names;

	while (name && !(name->is_path && name->image == image))
		name = name->next;
	return name;
}

/* ---- opening ---- */

static int take_name(struct rrj_pieces_reader *r, const struct rrj_piece *record, const uint8_t *text)
{
	struct name *name, *image = name_of(r, record->image);
	bool is_path = record->type == RRJ_PIECE_IMAGE;

	if (rrj_block_checksum(&r->seal, text, record->stored) != record->checksum || !record->stored ||
	    memchr(text, 0, record->stored) != text + record->stored - 1 || !record->image || is_path == (image != NULL))
		return -EBADMSG;
	name = malloc(sizeof(*name) + record->stored);
	if (!name)
		return -ENOMEM;
	*name = (struct name){ r->names, record->image, is_path, false, is_path ? record->place : image->size };
	memcpy(name->text, text, record->stored);
	r->names = name;
	return 0;
}

static int take_clone(struct rrj_pieces_reader *r, const struct rrj_piece *record)
{
	struct name *image = name_of(r, record->image);

	if (!image || image->cloned)
		return -EBADMSG;
	image->cloned = true;
	return 0;
}

static int take(struct rrj_pieces_reader *r, const struct rrj_piece *record, const uint8_t *stored, uint64_t offset)
{
	switch (record->type) {
	case RRJ_PIECE_IMAGE:
	case RRJ_PIECE_NAME:
		return take_name(r, record, stored);
	case RRJ_PIECE_DATA:
		/* The first is what the image held at first. */
		if (!name_of(r, record->image) || rrj_table_get(&r->index, key_of(record->image, record->place)) ||
		    (record->codec == RRJ_PIECE_SAME && record->same >= offset))
			return -EBADMSG;
		return rrj_table_put(&r->index, key_of(record->image, record->place), offset);
	case RRJ_PIECE_CLONE:
		return take_clone(r, record);
	default:
		r->whole = true;
		return record->place == r->records ? 0 : -EBADMSG;
	}
}

/* One record: its size, 0 at the end or what a killed writer may leave there, -errno. */
static ssize_t scan_one(struct rrj_pieces_reader *r, struct rrj_window *window, uint64_t offset, uint64_t end)
{
	struct rrj_piece record;
	const uint8_t *bytes;
	ssize_t n = rrj_window_at(window, offset, RRJ_PIECE_HEAD_SIZE, &bytes);
	int error;

	if (n < RRJ_PIECE_HEAD_SIZE)
		return n < 0 ? n : 0;
	if (!rrj_piece_read(&record, bytes, &r->seal, offset))
		return end - offset > RRJ_PIECE_HEAD_SIZE + RRJ_PIECE_SIZE ? -EBADMSG : 0;
	if (record.stored > end - offset - RRJ_PIECE_HEAD_SIZE)
		return 0;
	if (record.type != RRJ_PIECE_DATA) {
		n = rrj_window_at(window, offset, RRJ_PIECE_HEAD_SIZE + record.stored, &bytes);
		if (n < RRJ_PIECE_HEAD_SIZE + (ssize_t)record.stored)
			return n < 0 ? n : 0;
	}
	error = take(r, &record, bytes + RRJ_PIECE_HEAD_SIZE, offset);
	r->records++;
	return error ? error : RRJ_PIECE_HEAD_SIZE + (ssize_t)record.stored;
}

static int check_header(struct rrj_pieces_reader *r, struct rrj_window *window, const uint8_t id[16])
{
	struct rrj_place place;
	const uint8_t *bytes;
	ssize_t n = rrj_window_at(window, 0, RRJ_HEADER_SIZE, &bytes);
	int error = n < 0 ? (int)n : rrj_header_read(&r->seal, &place, RRJ_PIECES_FILE, bytes, (size_t)n);

	return error || !memcmp(r->seal.id, id, sizeof(r->seal.id)) ? error : -EMEDIUMTYPE;
}

static int scan(struct rrj_pieces_reader *r, const uint8_t id[16], uint64_t *offset)
{
	struct rrj_window window;
	struct stat status;
	ssize_t n = 0;
	int error = rrj_window_init(&window, r->fd, WINDOW);

	if (error)
		return error;
	error = fstat(r->fd, &status) < 0 ? -errno : S_ISREG(status.st_mode) ? 0 : -EMEDIUMTYPE;
	error = error ? error : check_header(r, &window, id);
	for (*offset = error ? 0 : RRJ_HEADER_SIZE; !error; *offset += (uint64_t)n) {
		n = scan_one(r, &window, *offset, (uint64_t)status.st_size);
		if (n <= 0) {
			error = (int)n;
			break;
		}
	}
	/* Behind an end nothing is torn. */
	if (!error && r->whole && *offset != (uint64_t)status.st_size)
		error = -EBADMSG;
	rrj_window_free(&window);
	return error;
}

int rrj_pieces_open(struct rrj_pieces_reader **reader, int dir, const uint8_t id[16], uint64_t *offset)
{
	struct rrj_pieces_reader *r = calloc(1, sizeof(*r));
	int error;

	*offset = 0;
	if (!r)
		return -ENOMEM;
	r->fd = openat(dir, RRJ_PIECES_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (r->fd < 0) {
		error = -errno;
		free(r);
		return error;
	}
	r->context = ZSTD_createDCtx();
	error = r->context ? scan(r, id, offset) : -ENOMEM;
	if (error)
		rrj_pieces_close(r);
	else
		*reader = r;
	return error;
}

void rrj_pieces_close(struct rrj_pieces_reader *r)
{
	for (struct name *name = r->names, *next; name; name = next) {
		next = name->next;
		free(name);
	}
	rrj_table_free(&r->index);
	ZSTD_freeDCtx(r->context);
	close(r->fd);
	free(r);
}

/* ---- asking ---- */

bool rrj_pieces_whole(const struct rrj_pieces_reader *r)
{
	return r->whole;
}

uint32_t rrj_pieces_find(const struct rrj_pieces_reader *r, const char *text, uint64_t *size)
{
	for (const struct name *name = r->names; name; name = name->next)
		if (!strcmp(name->text, text)) {
			*size = name->size;
			return name->image;
		}
	return 0;
}

bool rrj_pieces_cloned(const struct rrj_pieces_reader *r, uint32_t image)
{
	const struct name *name = name_of(r, image);

	return name && name->cloned;
}

const char *rrj_pieces_path(const struct rrj_pieces_reader *r, uint32_t image)
{
	const struct name *name = name_of(r, image);

	return name ? name->text : NULL;
}

static int read_all(int fd, void *data, size_t size, uint64_t offset)
{
	while (size) {
		ssize_t n = pread(fd, data, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EBADMSG;
		data = (uint8_t *)data + n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

/* The record at that offset, and what it stores in r->packed. */
static int load(struct rrj_pieces_reader *r, uint64_t offset, struct rrj_piece *record)
{
	uint8_t head[RRJ_PIECE_HEAD_SIZE];
	int error = read_all(r->fd, head, sizeof(head), offset);

	r->offset = offset;
	if (error)
		return error;
	if (!rrj_piece_read(record, head, &r->seal, offset) || record->type != RRJ_PIECE_DATA)
		return -EBADMSG;
	error = read_all(r->fd, r->packed, record->stored, offset + sizeof(head));
	if (error)
		return error;
	return rrj_block_checksum(&r->seal, r->packed, record->stored) == record->checksum ? 0 : -EBADMSG;
}

static int unpack(struct rrj_pieces_reader *r, const struct rrj_piece *record, void *data)
{
	size_t size = record->size;

	switch (record->codec) {
	case RRJ_PIECE_ZEROS:
		memset(data, 0, size);
		break;
	case RRJ_PIECE_PLAIN:
		memcpy(data, r->packed, size);
		break;
	case RRJ_PIECE_ZSTD:
		size = ZSTD_decompressDCtx(r->context, data, RRJ_PIECE_SIZE, r->packed, record->stored);
		break;
	default:
		return -EBADMSG;
	}
	return size == record->size ? (int)size : -EBADMSG;
}

int rrj_pieces_get(struct rrj_pieces_reader *r, uint32_t image, uint64_t piece, void *data)
{
	uint64_t offset = rrj_table_get(&r->index, key_of(image, piece));
	struct rrj_piece record, wanted;
	int error;

	if (!offset)
		return -ENOENT;
	error = load(r, offset, &record);
	wanted = record;
	if (!error && record.codec == RRJ_PIECE_SAME)
		error = load(r, record.same, &record);
	if (!error && record.size != wanted.size)
		error = -EBADMSG;
	return error ? error : unpack(r, &record, data);
}

uint64_t rrj_pieces_offset(const struct rrj_pieces_reader *r)
{
	return r->offset;
}
