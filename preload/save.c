/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * save.c - when recording, what a request is about to change goes into the recording first. Who calls what: image.h.
 *
 * Once for each piece: what the image held when the recording began. A piece behind its end then held nothing, and is
 * not looked at. What cannot be saved ends the recording (store.h); the request is carried out all the same.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "image.h"
#include "interpose.h"
#include "message.h"
#include "request.h"
#include "store.h"

enum { SECTOR = 4096, TRIES = 8 };

bool image_is_saved(const struct image *image, uint64_t piece)
{
	return atomic_load_explicit(&image->cloned, memory_order_acquire) ||
	       atomic_load_explicit(&image->saved[piece / 64], memory_order_acquire) >> piece % 64 & 1;
}

void image_set_saved(struct image *image, uint64_t piece)
{
	atomic_fetch_or_explicit(&image->saved[piece / 64], 1ull << piece % 64, memory_order_release);
}

struct range {
	uint64_t first, end; /* pieces */
};

/* Which pieces the call changes, or is the first to read. */
static struct range range_of(const struct image *image, const struct call *call)
{
	uint64_t offset = (uint64_t)call->offset, end = offset + call->length;
	struct range range;

	switch (call->op) {
	case RRJ_READ:
		if (config.data != RRJ_DATA_FULL)
			return (struct range){ 0 };
		break;
	case RRJ_WRITE:
	case RRJ_ALLOCATE:
	case RRJ_COPY:
		break;
	case RRJ_TRUNCATE:
		end = UINT64_MAX - RRJ_PIECE_SIZE;
		break;
	case RRJ_IOCTL:
		if (offset != BLKDISCARD && offset != BLKZEROOUT)
			return (struct range){ 0 };
		offset = ((const uint64_t *)call->data)[0];
		end = offset + ((const uint64_t *)call->data)[1];
		break;
	default:
		return (struct range){ 0 };
	}
	range.first = offset / RRJ_PIECE_SIZE;
	range.end = (end + RRJ_PIECE_SIZE - 1) / RRJ_PIECE_SIZE;
	range.end = range.end < image->pieces ? range.end : image->pieces;
	return range;
}

bool image_is_safe(const struct image *image, const struct call *call)
{
	struct range range = range_of(image, call);

	while (range.first < range.end && image_is_saved(image, range.first))
		range.first++;
	return range.first >= range.end;
}

/* As much as there is: bytes or -errno. Whole pieces and sectors, so that a descriptor for O_DIRECT does as well. */
static int64_t read_part(const struct image *image, char *data, uint64_t offset, size_t size)
{
	size_t done = 0;
	ssize_t n;

	do {
		n = real.pread64(image->fd, data + done, size - done, (off64_t)(offset + done));
		done += n > 0 ? (size_t)n : 0;
	} while ((n > 0 && done < size) || (n < 0 && errno == EINTR));
	return n < 0 ? -errno : (int64_t)done;
}

/*
 * A host that cannot read all of a piece: what it can read in the end. The rest is zeros, as the guest could not have
 * read it either.
 */
static void read_sectors(const struct image *image, char *data, uint64_t offset, size_t size)
{
	int64_t error = 0;

	for (size_t at = 0; at < size; at += SECTOR) {
		int64_t n = -EIO;

		for (int i = 0; n < 0 && i < TRIES; i++)
			n = read_part(image, data + at, offset + at, SECTOR);
		error = n < 0 ? n : error;
		n = n < 0 ? 0 : n;
		memset(data + at + n, 0, SECTOR - (size_t)n);
	}
	if (error)
		message(MODULE_FILES, MESSAGE_WARN,
			"%s cannot be read near byte %" PRIu64 ", which the guest is about to change: %s; the guest goes on; a "
			"replay that reads there may stop [piece-unreadable]",
			image->path, offset, strerror((int)-error));
}

static int64_t read_piece(struct image *image, uint64_t piece, void *data)
{
	uint64_t offset = piece * RRJ_PIECE_SIZE, left = image->first_size - offset;
	int64_t size = (int64_t)(left < RRJ_PIECE_SIZE ? left : RRJ_PIECE_SIZE);
	int64_t n = read_part(image, data, offset, RRJ_PIECE_SIZE);

	if (n < 0) {
		read_sectors(image, data, offset, RRJ_PIECE_SIZE);
		n = size;
	}
	return n < size ? n : size;
}

void image_save(struct image *image, const struct call *call)
{
	struct range range = range_of(image, call);

	for (; range.first < range.end; range.first++)
		if (!image_is_saved(image, range.first))
			store_save(image, range.first, read_piece);
}
