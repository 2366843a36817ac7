/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * overlay.c - what a replay has changed of an image: a private sparse file without a name, that ends with the process.
 *
 * It has the image's layout. Of the pieces that the image had at first it has those that are marked, whole; behind them
 * it has everything. Where it is sparse, and behind its end, there are zeros. Changed by one thread at a time, under
 * its lock, and read beside that: a piece is marked when its content is there. Without room the process ends, since a
 * replay cannot go on without what the guest has written.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bounce.h"
#include "image.h"
#include "interpose.h"
#include "message.h"

static const char *folder(void)
{
	const char *folder = getenv("TMPDIR");

	if (folder && *folder)
		return folder;
	return access("/var/tmp", W_OK) == 0 ? "/var/tmp" : "/tmp";
}

__attribute__((noreturn)) static void no_room(const struct image *image, int error)
{
	message_end(STATUS_TRY_AGAIN,
		    "what this replay changes of %s cannot be kept in %s: %s; name another folder in TMPDIR [no-room]",
		    image->path, folder(), strerror(error));
}

/* For a file system without O_TMPFILE. */
static int open_named(void)
{
	char path[4096];
	int fd;

	if (snprintf(path, sizeof(path), "%s/rrio-XXXXXX", folder()) >= (int)sizeof(path))
		return -1;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

int overlay_open(struct image *image)
{
	if (image->overlay.fd < 0)
		image->overlay.fd = real.open64(folder(), O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	if (image->overlay.fd < 0)
		image->overlay.fd = open_named();
	if (image->overlay.fd < 0)
		no_room(image, errno);
	return image->overlay.fd;
}

bool overlay_has(const struct image *image, uint64_t piece)
{
	return atomic_load_explicit(&image->overlay.has[piece / 64], memory_order_acquire) >> piece % 64 & 1;
}

static void mark(struct image *image, uint64_t piece)
{
	if (piece < image->pieces)
		atomic_fetch_or_explicit(&image->overlay.has[piece / 64], 1ull << piece % 64, memory_order_release);
}

static void put(struct image *image, const void *data, uint64_t offset, size_t size)
{
	while (size) {
		ssize_t n = real.pwrite64(image->overlay.fd, data, size, (off64_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			no_room(image, n < 0 ? errno : ENOSPC);
		data = (const char *)data + n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
}

/* A piece that is going to be changed in part: what it held at first. */
static void own(struct image *image, uint64_t piece)
{
	uint64_t offset = piece * RRJ_PIECE_SIZE;
	void *buffer;
	int64_t size;

	if (piece >= image->pieces || overlay_has(image, piece))
		return;
	buffer = bounce_get(RRJ_PIECE_SIZE);
	if (!buffer)
		no_room(image, ENOMEM);
	size = image_first(image, buffer, offset, RRJ_PIECE_SIZE);
	if (size > 0)
		put(image, buffer, offset, (size_t)size);
	/* Else nobody knows: whoever reads it stops there. */
	if (size >= 0)
		mark(image, piece);
	bounce_put(buffer, RRJ_PIECE_SIZE);
}

/* The pieces at both ends of a range, when they are not in it as a whole. */
static void own_ends(struct image *image, uint64_t offset, uint64_t end)
{
	if (offset % RRJ_PIECE_SIZE)
		own(image, offset / RRJ_PIECE_SIZE);
	if (end % RRJ_PIECE_SIZE && end < image->first_size)
		own(image, end / RRJ_PIECE_SIZE);
}

static void mark_all(struct image *image, uint64_t offset, uint64_t end)
{
	for (uint64_t piece = offset / RRJ_PIECE_SIZE; piece < image->pieces && piece * RRJ_PIECE_SIZE < end; piece++)
		mark(image, piece);
}

static void begin(struct image *image)
{
	real.pthread_mutex_lock(&image->overlay.lock);
	overlay_open(image);
}

static void finish(struct image *image)
{
	real.pthread_mutex_unlock(&image->overlay.lock);
}

void overlay_write(struct image *image, const void *data, uint64_t offset, size_t size)
{
	if (!size)
		return;
	begin(image);
	own_ends(image, offset, offset + size);
	put(image, data, offset, size);
	mark_all(image, offset, offset + size);
	if (offset + size > image->size)
		image->size = offset + size;
	finish(image);
}

/* A hole where the file system can, else zeros. */
static void clear(struct image *image, uint64_t offset, uint64_t end)
{
	static const char zeros[4096];

	if (real.fallocate64(image->overlay.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off64_t)offset,
			     (off64_t)(end - offset)) == 0)
		return;
	for (; offset < end; offset += sizeof(zeros))
		put(image, zeros, offset, end - offset < sizeof(zeros) ? end - offset : sizeof(zeros));
}

void overlay_zero(struct image *image, uint64_t offset, uint64_t size, bool keep_size)
{
	uint64_t end = offset + size;

	if (!size)
		return;
	begin(image);
	if (keep_size && end > image->size)
		end = image->size;
	if (offset < end) {
		own_ends(image, offset, end);
		clear(image, offset, end);
		mark_all(image, offset, end);
	}
	if (end > image->size)
		image->size = end;
	finish(image);
}

void overlay_truncate(struct image *image, uint64_t size)
{
	begin(image);
	if (size < image->size) {
		own_ends(image, size, size);
		mark_all(image, size, image->size);
		if (real.ftruncate64(image->overlay.fd, (off64_t)size) < 0)
			no_room(image, errno);
	}
	image->size = size;
	finish(image);
}
