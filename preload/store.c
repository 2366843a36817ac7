/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store.c - what images held at first: saved when recording, looked up in replay. Who calls what: store.h.
 *
 * A piece is saved under the lock, before what is going to change it: so whoever finds it unsaved reads what it held at
 * first, and whoever finds it saved may change it.
 */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "config.h"
#include "image.h"
#include "interpose.h"
#include "message.h"
#include "rrio/pieces.h"
#include "tape.h"

static unsigned char buffer[RRJ_PIECE_SIZE] __attribute__((aligned(4096)));

static struct {
	pthread_mutex_t lock;
	struct rrj_pieces *writer;
	struct rrj_pieces_reader *reader;
	int folder; /* the recording's; -1: it has none yet */
	uint32_t images;
	_Atomic int error;
	/* Replay: the piece in `buffer`. */
	uint32_t image;
	uint64_t piece;
	int size;
} store = { .lock = PTHREAD_MUTEX_INITIALIZER, .folder = -1 };

/* Pieces of an image after which a clone is tried: 4 MiB, which take about as long to save. */
enum { CLONE_AFTER = 64 };

/* ---- recording ---- */

int store_record(const uint8_t id[16])
{
	return rrj_pieces_new(&store.writer, id);
}

int store_keep(int dir)
{
	int error;

	real.pthread_mutex_lock(&store.lock);
	error = rrj_pieces_attach(store.writer, dir);
	store.folder = error ? -1 : real.fcntl64(dir, F_DUPFD_CLOEXEC, NULL);
	real.pthread_mutex_unlock(&store.lock);
	return error;
}

int store_end(void)
{
	int error;

	real.pthread_mutex_lock(&store.lock);
	error = rrj_pieces_end(store.writer);
	real.pthread_mutex_unlock(&store.lock);
	return error;
}

static void note_error(int error)
{
	int none = 0;

	if (error)
		atomic_compare_exchange_strong(&store.error, &none, error);
	if (error && config.stop_on_error)
		message_end(STATUS_FINDING,
			    "%s/" RRJ_PIECES_NAME " cannot be written: %s; the emulator is ended (RRIO_ON_ERROR=stop); "
			    "what was recorded until here replays: rrio replay %s [pieces-failed]",
			    tape_dir(), strerror(-error), tape_dir());
}

uint32_t store_add(const char *path, uint64_t size)
{
	uint32_t number;

	real.pthread_mutex_lock(&store.lock);
	number = ++store.images;
	note_error(rrj_pieces_image(store.writer, number, size, path));
	real.pthread_mutex_unlock(&store.lock);
	return number;
}

void store_name(uint32_t image, const char *name)
{
	real.pthread_mutex_lock(&store.lock);
	note_error(rrj_pieces_name(store.writer, image, name));
	real.pthread_mutex_unlock(&store.lock);
}

/*
 * Whatever is being changed at this time is saved. So a clone has all the rest as it was at first, and nothing more has
 * to be saved. A file system that cannot do that, or not between these two places, is no error.
 */
static void try_clone(struct image *image)
{
	char name[RRJ_CLONE_NAME_SIZE];
	int fd, error;

	rrj_clone_name(name, image->number);
	fd = openat(store.folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	error = real.ioctl(fd, FICLONE, (void *)(uintptr_t)image->fd) < 0 ? -errno : rrj_pieces_clone(store.writer, image->number);
	close(fd);
	if (error)
		unlinkat(store.folder, name, 0);
	else
		atomic_store_explicit(&image->cloned, true, memory_order_release);
}

void store_save(struct image *image, uint64_t piece, store_read *read)
{
	real.pthread_mutex_lock(&store.lock);
	if (!image_is_saved(image, piece)) {
		int64_t size = read(image, piece, buffer);
		int error = size < 0 ? (int)size
				     : rrj_pieces_put(store.writer, image->number, piece, buffer, (size_t)size);

		/* One that could not be saved is lost: a later attempt would save what has replaced it. */
		image_set_saved(image, piece);
		note_error(error);
		if (++image->kept == CLONE_AFTER && !error && config.data != RRJ_DATA_FULL)
			try_clone(image);
	}
	real.pthread_mutex_unlock(&store.lock);
}

int store_error(void)
{
	return atomic_load(&store.error);
}

/* ---- replay ---- */

void store_replay(int dir, const char *name, const uint8_t id[16], bool ended)
{
	uint64_t offset;
	int error = rrj_pieces_open(&store.reader, dir, id, &offset);

	if (!error && ended && !rrj_pieces_whole(store.reader))
		error = -ENODATA;
	store.folder = dir;
	switch (error) {
	case 0:
		return;
	case -ENOENT:
		message_end(STATUS_UNREADABLE,
			    "%s lacks its file " RRJ_PIECES_NAME ", with what its images held at first; without it "
			    "nothing can be replayed; rrio-inspect dump %s still shows what happened [no-pieces]",
			    name, name);
	case -EPROTONOSUPPORT:
		message_end(STATUS_UNREADABLE,
			    "%s/" RRJ_PIECES_NAME " was written by a newer rrio than this one (%s); replay it with "
			    "that one [pieces-newer]",
			    name, RRIO_VERSION);
	case -EMEDIUMTYPE:
		message_end(STATUS_UNREADABLE, "%s/" RRJ_PIECES_NAME " does not belong to this recording [pieces-foreign]", name);
	case -ENODATA:
		message_end(STATUS_UNREADABLE,
			    "%s/" RRJ_PIECES_NAME " ends early: it has been cut off; rrio-inspect dump %s still shows "
			    "what happened [pieces-cut-off]",
			    name, name);
	case -EBADMSG:
		message_end(STATUS_UNREADABLE,
			    "%s/" RRJ_PIECES_NAME " is damaged at byte %" PRIu64
			    "; rrio-inspect dump %s still shows what happened [pieces-damaged]",
			    name, offset, name);
	default:
		message_end(STATUS_UNREADABLE, "%s/" RRJ_PIECES_NAME " cannot be read: %s [pieces-unreadable]", name,
			    strerror(-error));
	}
}

uint32_t store_find(const char *name, uint64_t *size)
{
	return rrj_pieces_find(store.reader, name, size);
}

const char *store_path(uint32_t image)
{
	return rrj_pieces_path(store.reader, image);
}

int store_clone(uint32_t image)
{
	char name[RRJ_CLONE_NAME_SIZE];
	int fd;

	if (!store.reader || !rrj_pieces_cloned(store.reader, image))
		return -1;
	rrj_clone_name(name, image);
	fd = openat(store.folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		message_end(STATUS_UNREADABLE,
			    "%s/%s, with what %s held at first, cannot be opened: %s; copy the recording again [no-clone]",
			    tape_dir(), name, store_path(image), strerror(errno));
	return fd;
}

/* Has that piece in the buffer: its size, or -ENOENT. */
static int load(uint32_t image, uint64_t piece)
{
	if (store.image == image && store.piece == piece)
		return store.size;
	store.image = 0;
	store.size = rrj_pieces_get(store.reader, image, piece, buffer);
	if (store.size < 0 && store.size != -ENOENT)
		message_end(STATUS_UNREADABLE,
			    "%s/" RRJ_PIECES_NAME " is damaged at byte %" PRIu64 ", in what %s held at byte %" PRIu64
			    "; replay cannot go on; rrio-inspect dump %s shows what happened [piece-damaged]",
			    tape_dir(), rrj_pieces_offset(store.reader), store_path(image), piece * RRJ_PIECE_SIZE,
			    tape_dir());
	store.image = image;
	store.piece = piece;
	return store.size;
}

int store_get(uint32_t image, uint64_t piece, size_t at, size_t size, void *data)
{
	int found;

	if (!image || !store.reader)
		return -ENOENT;
	real.pthread_mutex_lock(&store.lock);
	found = load(image, piece);
	if (found >= 0) {
		size_t there = (size_t)found > at ? (size_t)found - at : 0;

		there = there < size ? there : size;
		memcpy(data, buffer + at, there);
		memset((char *)data + there, 0, size - there);
	}
	real.pthread_mutex_unlock(&store.lock);
	return found < 0 ? found : 0;
}
