// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * writer.c - appends records to a journal, in frames of what is appended between two commits.
 *
 * Owns the file descriptor from rrj_writer_attach on, and the bytes that are not in the file yet. One thread at a
 * time. Calls pwrite, ftruncate, fstat and close; allocates only until it is attached. Never prints.
 *
 * When a write fails, what was not written is lost, the file is cut back to its last whole frame, and from then on
 * only an END record is taken: the recording is then a clean beginning, with its cause if there is room for that.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "block.h"
#include "record.h"
#include "rrio/journal.h"

/* A whole frame, and the header before the first. */
enum { ROOM = RRJ_HEADER_SIZE + RRJ_HEAD_SIZE + RRJ_PAYLOAD_MAX };

/*
 * bytes[0] belongs at offset `size` of the file. Before the writer is attached, all frames since the start are in
 * there; afterwards one, which rrj_commit closes and writes.
 */
struct rrj_writer {
	int fd;	   /* -1: not attached */
	int error; /* of the write that failed */
	bool started, ended;
	bool sync;	 /* the open frame is a sync frame */
	uint64_t size;	 /* of the file */
	uint64_t synced; /* offset of the last sync frame */
	uint8_t *bytes;
	size_t used, room;
	size_t frame; /* where the open frame starts in bytes; == used: none is open */
	struct rrj_seal seal;
	struct rrj_delta delta;
};

int rrj_writer_new(struct rrj_writer **writer)
{
	struct rrj_writer *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->fd = -1;
	*writer = w;
	return 0;
}

/* ---- frames ---- */

static void frame_open(struct rrj_writer *w)
{
	uint64_t offset = w->size + w->used;
	uint8_t *payload = w->bytes + w->used + RRJ_HEAD_SIZE, *end = payload;

	w->frame = w->used;
	/* After a failure the deltas have moved on without the file, and an END needs none. */
	w->sync = offset - w->synced >= RRJ_SYNC_EVERY && !w->error;
	if (w->sync) {
		end = rrj_sync_encode(end, &w->delta);
		w->synced = offset;
	}
	w->used += RRJ_HEAD_SIZE + (size_t)(end - payload);
}

static void frame_close(struct rrj_writer *w)
{
	struct rrj_head head = { .size = (uint32_t)(w->used - w->frame - RRJ_HEAD_SIZE), .sync = w->sync };

	if (w->frame == w->used)
		return;
	rrj_frame_close(w->bytes + w->frame, head, &w->seal, w->size + w->frame);
	w->frame = w->used;
}

/* ---- the file ---- */

static int write_all(int fd, const uint8_t *bytes, size_t size, uint64_t offset)
{
	while (size) {
		ssize_t n = pwrite(fd, bytes, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		bytes += n;
		size -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

/* Writes what is in memory, in one call unless the kernel splits it. */
static int flush(struct rrj_writer *w)
{
	int error;

	frame_close(w);
	error = write_all(w->fd, w->bytes, w->used, w->size);
	if (!error)
		w->size += w->used;
	else
		w->ended = ftruncate(w->fd, (off_t)w->size) != 0; /* behind a torn frame nothing may follow */
	w->used = w->frame = 0;
	w->error = error;
	return error;
}

/* Makes room for size more bytes: by growing before the writer is attached, by writing afterwards. */
static int make_room(struct rrj_writer *w, size_t size)
{
	size_t room = w->room ? w->room : 4096;
	uint8_t *bytes;

	if (w->room - w->used >= size)
		return 0;
	if (w->fd >= 0)
		return flush(w);
	while (room - w->used < size)
		room *= 2;
	bytes = realloc(w->bytes, room);
	if (!bytes)
		return -ENOMEM;
	w->bytes = bytes;
	w->room = room;
	return 0;
}

/* After this an append needs no more memory: a frame that is full is written. */
static int reserve(struct rrj_writer *w)
{
	uint8_t *bytes = realloc(w->bytes, ROOM);

	if (!bytes)
		return -ENOMEM;
	w->bytes = bytes;
	w->room = ROOM;
	return 0;
}

static int check_fd(const struct rrj_writer *w, int fd)
{
	struct stat st;

	if (w->fd >= 0 || fd < 0)
		return -EINVAL;
	if (fstat(fd, &st))
		return -errno;
	return st.st_size ? -EEXIST : 0;
}

int rrj_writer_attach(struct rrj_writer *w, int fd)
{
	int error = check_fd(w, fd);

	if (error)
		return error;
	w->fd = fd;
	error = flush(w);
	return error ? error : reserve(w);
}

/* ---- records ---- */

/* START is first and once, nothing comes behind END; after a failure only END is left. */
static int check_order(const struct rrj_writer *w, enum rrj_type type)
{
	if (w->error && (type != RRJ_END || w->ended || !w->size))
		return w->error;
	return w->ended || w->started != (type != RRJ_START) ? -EINVAL : 0;
}

static void start(struct rrj_writer *w, const struct rrj_start *start)
{
	rrj_seal_init(&w->seal, start->id);
	rrj_header_write(w->bytes + w->used, &w->seal);
	w->used += RRJ_HEADER_SIZE;
	w->frame = w->used;
	w->started = true;
}

/* Closes the open frame when so much more does not fit in it, and makes room for a new one. */
static int prepare(struct rrj_writer *w, size_t bound)
{
	if (bound > RRJ_PAYLOAD_MAX - RRJ_DELTA_BOUND)
		return -EMSGSIZE;
	if (w->frame < w->used && w->used - w->frame - RRJ_HEAD_SIZE + bound > RRJ_PAYLOAD_MAX)
		frame_close(w);
	return make_room(w, RRJ_HEADER_SIZE + RRJ_HEAD_SIZE + RRJ_DELTA_BOUND + bound);
}

int rrj_append(struct rrj_writer *w, const struct rrj_record *record)
{
	int error = rrj_record_check(record);

	error = error ? error : check_order(w, record->type);
	error = error ? error : prepare(w, rrj_record_bound(record));
	if (error)
		return error;
	if (record->type == RRJ_START)
		start(w, &record->start);
	if (w->frame == w->used)
		frame_open(w);
	w->used = (size_t)(rrj_record_encode(w->bytes + w->used, record, &w->delta) - w->bytes);
	w->ended = record->type == RRJ_END;
	return 0;
}

int rrj_commit(struct rrj_writer *w)
{
	if (!w->used)
		return w->error;
	if (w->fd >= 0)
		return flush(w);
	frame_close(w);
	return 0;
}

uint64_t rrj_writer_size(const struct rrj_writer *w)
{
	return w->size;
}

int rrj_writer_close(struct rrj_writer *w)
{
	int error = w->fd >= 0 ? rrj_commit(w) : 0;

	if (w->fd >= 0 && close(w->fd) && !error)
		error = -errno;
	free(w->bytes);
	free(w);
	return error;
}
