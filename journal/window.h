/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * window.h - a part of a file in memory, moved forward by pread. One thread; allocates only when made.
 */
#ifndef RRJ_WINDOW_H
#define RRJ_WINDOW_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct rrj_window {
	int fd;
	uint64_t offset; /* of bytes[0] in the file */
	size_t used, room;
	uint8_t *bytes;
};

/* fd stays the caller's. */
int rrj_window_init(struct rrj_window *window, int fd, size_t room);
void rrj_window_free(struct rrj_window *window);

/*
 * Has size (at most room) bytes from offset on in memory: how many there are, fewer where the file ends, or -errno.
 * *bytes holds until the next call.
 */
ssize_t rrj_window_at(struct rrj_window *window, uint64_t offset, size_t size, const uint8_t **bytes);

/* Forgets what was read: the file may have changed. */
void rrj_window_drop(struct rrj_window *window);

#endif
