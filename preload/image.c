/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image.c - in replay, an image as a virtual file. Who calls what: image.h.
 *
 * Reads are carried out by whoever carries out the request; changes by the one that releases it, since only then is
 * known what became of the request when it was recorded: one that failed then changes nothing now. What cannot be
 * carried out for lack of room ends the process.
 */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bounce.h"
#include "config.h"
#include "files.h"
#include "interpose.h"
#include "message.h"
#include "request.h"
#include "root.h"
#include "store.h"

static _Atomic uint64_t *bitmap(uint64_t pieces)
{
	size_t size = (size_t)(pieces / 64 + 1) * sizeof(uint64_t);
	void *bits = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (bits == MAP_FAILED)
		message_end(STATUS_TRY_AGAIN, "no memory to keep track of an image with %llu pieces [no-memory-image]",
			    (unsigned long long)pieces);
	return bits;
}

/* For reading, through the page cache, whatever the emulator has asked for. */
static int open_again(int fd)
{
	char link[64];
	int again;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	again = real.open64(link, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);
	return again >= 0 ? again : real.fcntl64(fd, F_DUPFD_CLOEXEC, NULL);
}

/* What the store lacks is in the recording's clone rather than in the image as it is now. */
static void adopt_clone(struct image *image)
{
	int clone = recording() ? -1 : store_clone(image->number);

	if (clone < 0)
		return;
	if (image->fd >= 0)
		close(image->fd);
	image->fd = clone;
}

void image_meet(struct image *image, int fd, const char *path, uint64_t size)
{
	image->is = true;
	image->path = path;
	image->fd = fd < 0 ? -1 : open_again(fd);
	image->overlay.fd = -1;
	pthread_mutex_init(&image->overlay.lock, NULL);
	if (recording())
		image->number = store_add(path, size);
	else
		image->number = store_find(root_recorded(path), &size);
	image->first_size = size;
	image->size = size;
	adopt_clone(image);
	image->pieces = (size + RRJ_PIECE_SIZE - 1) / RRJ_PIECE_SIZE;
	if (recording())
		image->saved = bitmap(image->pieces);
	else
		image->overlay.has = bitmap(image->pieces);
}

/* ---- reading ---- */

/* What a file no longer has, or has left sparse, is zeros. */
static int64_t read_file(int fd, void *data, uint64_t offset, size_t size)
{
	size_t done = 0;

	while (fd >= 0 && done < size) {
		ssize_t n = real.pread64(fd, (char *)data + done, size - done, (off64_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	memset((char *)data + done, 0, size - done);
	return (int64_t)size;
}

/* Of one piece, what it held at first: from the store, or else from the image as it is now. */
static int64_t read_first(struct image *image, void *data, uint64_t offset, size_t size)
{
	size_t there = offset < image->first_size ? (size_t)(image->first_size - offset) : 0;
	int64_t result;

	if (store_get(image->number, offset / RRJ_PIECE_SIZE, offset % RRJ_PIECE_SIZE, size, data) == 0)
		return (int64_t)size;
	if (image->fd < 0)
		return -ENODATA;
	there = there < size ? there : size;
	result = read_file(image->fd, data, offset, there);
	memset((char *)data + there, 0, size - there);
	return result < 0 ? result : (int64_t)size;
}

static int64_t read_piece(struct image *image, void *data, uint64_t offset, size_t size)
{
	uint64_t piece = offset / RRJ_PIECE_SIZE;

	if (piece >= image->pieces || overlay_has(image, piece))
		return read_file(image->overlay.fd, data, offset, size);
	return read_first(image, data, offset, size);
}

/* Piece by piece, up to `end`. */
static int64_t read_pieces(struct image *image, void *data, uint64_t offset, size_t size, uint64_t end, bool first)
{
	size_t done = 0;

	if (offset >= end)
		return 0;
	if (size > end - offset)
		size = (size_t)(end - offset);
	while (done < size) {
		uint64_t at = offset + done;
		size_t part = RRJ_PIECE_SIZE - at % RRJ_PIECE_SIZE;
		int64_t result;

		part = part < size - done ? part : size - done;
		result = (first ? read_first : read_piece)(image, (char *)data + done, at, part);
		if (result < 0)
			return result;
		done += part;
	}
	return (int64_t)size;
}

int64_t image_read(struct image *image, void *data, uint64_t offset, size_t size)
{
	return read_pieces(image, data, offset, size, image->size, false);
}

int64_t image_first(struct image *image, void *data, uint64_t offset, size_t size)
{
	return read_pieces(image, data, offset, size, image->first_size, true);
}

/* ---- changing ---- */

int64_t image_promise(const struct call *call)
{
	return call->op == RRJ_WRITE || call->op == RRJ_COPY ? (int64_t)call->length : 0;
}

static void allocate(struct image *image, const struct call *call)
{
	uint64_t offset = (uint64_t)call->offset;

	if (call->mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
		overlay_zero(image, offset, call->length, call->mode & FALLOC_FL_KEEP_SIZE);
	else if (!(call->mode & FALLOC_FL_KEEP_SIZE) && offset + call->length > image->size)
		overlay_truncate(image, offset + call->length);
}

/* What a device leaves of what it discards nobody can know; when the guest reads it back and it was not zeros, replay
 * stops there. */
static void control(struct image *image, const struct call *call)
{
	const uint64_t *range = call->data;

	if ((unsigned long)call->offset == BLKDISCARD || (unsigned long)call->offset == BLKZEROOUT)
		overlay_zero(image, range[0], range[1], true);
}

/* From one image to the same or another one, or to a file that is none. block/file-posix.c:handle_aiocb_copy_range */
static void copy(struct image *image, struct call *call, uint64_t size)
{
	struct file *from = file_of(call->from);
	off64_t in = call->from_at ? *call->from_at : 0, out = call->offset;
	void *buffer = bounce_get(RRJ_PIECE_SIZE);

	while (buffer && size) {
		size_t part = size < RRJ_PIECE_SIZE ? size : RRJ_PIECE_SIZE;
		int64_t n = from && from->image.is ? image_read(&from->image, buffer, (uint64_t)in, part)
						   : real.pread64(call->from, buffer, part, in);

		if (n <= 0)
			break;
		if (image)
			overlay_write(image, buffer, (uint64_t)out, (size_t)n);
		else if (real.pwrite64(call->fd, buffer, (size_t)n, out) != n)
			break;
		in += n;
		out += n;
		size -= (uint64_t)n;
	}
	bounce_put(buffer, RRJ_PIECE_SIZE);
	if (call->from_at)
		*call->from_at = in;
	if (call->to_at)
		*call->to_at = out;
}

void image_change(struct image *image, struct call *call, int64_t result)
{
	switch (call->op) {
	case RRJ_WRITE:
		overlay_write(image, call->bounce ? call->bounce : call->data, (uint64_t)call->offset, (size_t)result);
		break;
	case RRJ_ALLOCATE:
		allocate(image, call);
		break;
	case RRJ_TRUNCATE:
		overlay_truncate(image, (uint64_t)call->offset);
		break;
	case RRJ_COPY:
		copy(image, call, (uint64_t)result);
		break;
	case RRJ_IOCTL:
		control(image, call);
		break;
	default:
		break;
	}
}
