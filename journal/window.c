// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * window.c - a part of a file in memory, moved forward by pread.
 *
 * Owns its memory, not the file descriptor. One thread. Calls pread. A failed read is -errno; the file's end is none.
 */
#include "window.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 64 << 10 }; /* what is read ahead; small, since a follower throws it away */

int rrj_window_init(struct rrj_window *w, int fd, size_t room)
{
	*w = (struct rrj_window){ .fd = fd, .room = room, .bytes = malloc(room) };
	return w->bytes ? 0 : -ENOMEM;
}

void rrj_window_free(struct rrj_window *w)
{
	free(w->bytes);
}

void rrj_window_drop(struct rrj_window *w)
{
	w->used = 0;
}

/* Keeps the bytes from offset on, at the front. */
static void move_to(struct rrj_window *w, uint64_t offset)
{
	size_t gone = 0;

	if (offset < w->offset || offset - w->offset >= w->used)
		w->used = 0;
	else
		gone = (size_t)(offset - w->offset);
	if (gone)
		memmove(w->bytes, w->bytes + gone, w->used - gone);
	w->used -= gone;
	w->offset = offset;
}

static int fill(struct rrj_window *w, size_t want)
{
	while (w->used < want) {
		ssize_t n = pread(w->fd, w->bytes + w->used, want - w->used, (off_t)(w->offset + w->used));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		w->used += (size_t)n;
	}
	return 0;
}

ssize_t rrj_window_at(struct rrj_window *w, uint64_t offset, size_t size, const uint8_t **bytes)
{
	size_t have = offset >= w->offset && offset - w->offset <= w->used ? w->used - (size_t)(offset - w->offset) : 0;

	if (have < size) {
		/* Who leaps from head to head, as seeking does, wants no more than the head. */
		bool leaps = offset > w->offset + w->used;
		size_t want = size > CHUNK || leaps ? size : CHUNK;
		int error;

		move_to(w, offset);
		error = fill(w, want < w->room ? want : w->room);
		if (error)
			return error;
		have = w->used;
	}
	*bytes = w->bytes + (offset - w->offset);
	return (ssize_t)(have < size ? have : size);
}
