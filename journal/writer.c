// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * writer.c - appends records: a commit is a frame in a tail, a full tail becomes a block of the journal.
 *
 * Owns the recording's files from rrj_writer_attach on. One thread at a time, and the sealer's beside it. Allocates in
 * rrj_writer_new alone; never prints; does nothing in a forked child.
 *
 * When a write fails, what was not written is lost, the tail is cut back to its last whole frame, and from then on
 * only an END record is taken: the recording is then a clean beginning, with its cause if there is room for that.
 */
#include "writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "record.h"
#include "sealer.h"

static const char *const tail_names[] = RRJ_TAIL_NAMES;

struct rrj_writer {
	int dir;   /* -1: not attached */
	pid_t pid; /* that has attached */
	int error; /* of the write that failed */
	bool started, ended;
	uint64_t size; /* of all content that is in files */
	size_t block_full;
	unsigned current; /* the slot that takes records: never full */
	size_t committed; /* of its content: what is in its tail */
	uint64_t offset;  /* its tail's end */
	struct rrj_delta delta;
	struct rrj_sealer sealer;
};

int rrj_writer_new(struct rrj_writer **writer)
{
	struct rrj_writer *w = calloc(1, sizeof(*w));
	int error = w ? rrj_sealer_init(&w->sealer) : -ENOMEM;

	if (error) {
		free(w);
		return error;
	}
	w->dir = -1;
	w->block_full = RRJ_BLOCK_FULL;
	*writer = w;
	return 0;
}

void rrj_writer_block_full(struct rrj_writer *w, size_t size)
{
	w->block_full = size;
}

static bool attached(const struct rrj_writer *w)
{
	return w->dir >= 0;
}

static struct rrj_slot *slot(struct rrj_writer *w)
{
	return &w->sealer.slots[w->current];
}

/* ---- tails ---- */

/* The journal has its header before the first tail has anything. */
static int write_header(struct rrj_writer *w)
{
	uint8_t header[RRJ_HEADER_SIZE];
	struct iovec part = { header, sizeof(header) };
	int error;

	if (w->size)
		return 0;
	rrj_header_write(header, RRJ_JOURNAL_FILE, &w->sealer.seal, &(struct rrj_place){ 0 });
	error = rrj_write_all(w->sealer.fd, &part, 1, 0);
	if (!error)
		w->sealer.size = sizeof(header);
	return error;
}

/* Writes the records of the current slot that are in no file yet, as one frame, with the tail's header if it is the
 * first. */
static int write_frame(struct rrj_writer *w)
{
	struct rrj_slot *tail = slot(w);
	uint8_t header[RRJ_HEADER_SIZE], head[RRJ_HEAD_SIZE], *payload = tail->content + w->committed;
	size_t size = tail->used - w->committed, header_size = w->offset ? 0 : sizeof(header);
	struct iovec parts[] = { { header, header_size }, { head, sizeof(head) }, { payload, size } };
	int error;

	if (!size)
		return 0;
	if (header_size)
		rrj_header_write(header, RRJ_TAIL_FILE, &w->sealer.seal, &tail->place);
	rrj_frame_head(head, payload, (uint32_t)size, &w->sealer.seal, tail->place.number, w->offset + header_size);
	error = write_header(w);
	error = error ? error : rrj_write_all(tail->fd, parts, 3, w->offset);
	if (error) {
		tail->used = w->committed;
		w->error = error;
		w->ended = ftruncate(tail->fd, (off_t)w->offset) != 0; /* behind a torn frame nothing may follow */
		return error;
	}
	w->offset += header_size + sizeof(head) + size;
	w->committed = tail->used;
	w->size += size;
	return 0;
}

/* The place behind the current slot. */
static struct rrj_place place_behind(struct rrj_writer *w)
{
	struct rrj_slot *tail = slot(w);

	tail->after = rrj_hash(tail->place.hash, tail->content, tail->used);
	return (struct rrj_place){ tail->place.number + 1, w->delta.seq, w->delta.icount, tail->after };
}

/* Goes on with the other slot. Fails, and stays, when that is still full and will not be sealed. */
static int change_slot(struct rrj_writer *w)
{
	struct rrj_slot *full = slot(w), *other = &w->sealer.slots[!w->current];
	int error;

	if (!attached(w) && atomic_load(&other->full))
		return -ENOBUFS;
	error = rrj_sealer_wait(&w->sealer, other);
	if (error)
		return error;
	other->place = place_behind(w);
	w->delta = rrj_place_delta(&other->place);
	w->current = !w->current;
	w->committed = 0;
	w->offset = 0;
	if (attached(w))
		rrj_sealer_give(&w->sealer, full);
	else
		atomic_store(&full->full, true);
	return 0;
}

/* ---- attaching ---- */

static int make_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : fd;
}

static void close_files(struct rrj_writer *w, bool remove_tails)
{
	for (int i = 0; i < RRJ_TAILS; i++) {
		if (w->sealer.slots[i].fd < 0)
			continue;
		close(w->sealer.slots[i].fd);
		w->sealer.slots[i].fd = -1;
		if (remove_tails)
			unlinkat(w->dir, tail_names[i], 0);
	}
	if (w->dir >= 0)
		close(w->dir);
	w->dir = -1;
}

/* All three files, or none: a journal that exists is somebody else's and stays. */
static int make_files(struct rrj_writer *w, int dir)
{
	int fd = make_file(dir, RRJ_JOURNAL_NAME);
	int error = fd < 0 ? fd : 0;

	w->dir = error ? -1 : fcntl(dir, F_DUPFD_CLOEXEC, 3);
	if (!error && w->dir < 0)
		error = -errno;
	for (int i = 0; !error && i < RRJ_TAILS; i++) {
		w->sealer.slots[i].fd = make_file(dir, tail_names[i]);
		error = w->sealer.slots[i].fd < 0 ? w->sealer.slots[i].fd : 0;
	}
	if (!error) {
		w->sealer.fd = fd;
		/* New and ours: nobody else can hold it. It tells readers that there is a writer, for as long as that
		 * lives. */
		flock(fd, LOCK_EX | LOCK_NB);
		return 0;
	}
	if (w->dir >= 0)
		close_files(w, true);
	if (fd >= 0) {
		unlinkat(dir, RRJ_JOURNAL_NAME, 0);
		close(fd);
	}
	return error;
}

/* What was kept: one slot, or a full one and one more. Without what was before it, the second is lost. */
static int write_kept(struct rrj_writer *w)
{
	struct rrj_slot *full = &w->sealer.slots[!w->current], *second = slot(w);
	int error;

	if (!atomic_load(&full->full))
		return write_frame(w);
	w->current = !w->current;
	error = write_frame(w);
	w->current = !w->current;
	w->committed = 0;
	w->offset = 0;
	if (error) {
		atomic_store(&full->full, false);
		second->used = 0;
		return error;
	}
	rrj_sealer_give(&w->sealer, full);
	return write_frame(w);
}

int rrj_writer_attach(struct rrj_writer *w, int dir)
{
	int error;

	if (attached(w) || dir < 0)
		return -EINVAL;
	error = make_files(w, dir);
	if (error)
		return error;
	w->pid = getpid();
	rrj_sealer_start(&w->sealer);
	return write_kept(w);
}

/* ---- records ---- */

/* START is first and once, nothing comes behind END; after a failure only END is left. */
static int check_order(const struct rrj_writer *w, enum rrj_type type)
{
	if (w->error && (type != RRJ_END || w->ended || !w->size))
		return w->error;
	return w->ended || w->started != (type != RRJ_START) ? -EINVAL : 0;
}

/* Makes room for so much more in the current slot. */
static int prepare(struct rrj_writer *w, size_t bound)
{
	int error = 0;

	if (bound > RRJ_CONTENT_MAX)
		return -EMSGSIZE;
	if (slot(w)->used + bound <= RRJ_CONTENT_MAX)
		return 0;
	if (w->error)
		return w->error;
	if (attached(w))
		error = w->pid == getpid() ? write_frame(w) : -ECHILD;
	return error ? error : change_slot(w);
}

int rrj_append(struct rrj_writer *w, const struct rrj_record *record)
{
	int error = rrj_record_check(record);
	struct rrj_slot *tail;

	error = error ? error : check_order(w, record->type);
	error = error ? error : prepare(w, rrj_record_bound(record));
	if (error)
		return error;
	if (record->type == RRJ_START) {
		rrj_seal_init(&w->sealer.seal, record->start.id);
		w->sealer.seal.needs = record->start.needs | RRJ_NEEDS_ALWAYS;
	}
	w->started = true;
	tail = slot(w);
	tail->used = (size_t)(rrj_record_encode(tail->content + tail->used, record, &w->delta) - tail->content);
	w->ended = record->type == RRJ_END;
	return 0;
}

/* The sealer's failure is told once; what was committed is in the tails. */
static int check_sealer(struct rrj_writer *w)
{
	if (!w->error)
		w->error = atomic_load(&w->sealer.error);
	return w->error;
}

int rrj_commit(struct rrj_writer *w)
{
	int error;

	if (!attached(w))
		return 0;
	if (w->pid != getpid())
		return -ECHILD;
	if (slot(w)->used == w->committed)
		return w->error;
	error = write_frame(w);
	if (error || w->ended)
		return error;
	error = check_sealer(w);
	if (!error && w->committed >= w->block_full)
		w->error = error = change_slot(w);
	return error;
}

uint64_t rrj_writer_size(const struct rrj_writer *w)
{
	return w->size;
}

/* ---- the end ---- */

static int finish(struct rrj_writer *w)
{
	int error = slot(w)->used == w->committed ? 0 : write_frame(w), sealed;

	if (slot(w)->used) {
		place_behind(w);
		atomic_store(&slot(w)->full, true);
	}
	sealed = rrj_sealer_finish(&w->sealer);
	close_files(w, !sealed);
	if (close(w->sealer.fd) < 0 && !sealed)
		sealed = -errno;
	return error ? error : sealed;
}

int rrj_writer_close(struct rrj_writer *w)
{
	int error = 0;

	if (attached(w) && w->pid == getpid()) {
		error = finish(w);
	} else if (attached(w)) {
		close_files(w, false);
		close(w->sealer.fd);
	}
	rrj_sealer_free(&w->sealer);
	free(w);
	return error;
}
