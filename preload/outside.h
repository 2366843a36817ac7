/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outside.h - calls on external descriptors, for wrappers that also do something else: read and write, ioctl, open and
 * close. outside_is_call() asks whether a call on that descriptor is one: then the function beside it makes it.
 */
#ifndef PRELOAD_OUTSIDE_H
#define PRELOAD_OUTSIDE_H

#include <sys/types.h>

#include "external.h"

static inline bool outside_is_call(int fd)
{
	return external_call(fd);
}

ssize_t outside_read(int fd, void *data, size_t size);
ssize_t outside_write(int fd, const void *data, size_t size);
int outside_ioctl(int fd, unsigned long request, void *argument);
/* original: fcntl or fcntl64 */
int outside_fcntl(int (*original)(int fd, int command, void *argument), int fd, int command, void *argument);

/* Replay: is this path what the recording opened here? Then *fd is what came of it, and errno. */
bool outside_open_told(const char *path, int *fd);
/* The host has opened a path for this caller, or not: fd and errno. Returns fd. */
int outside_opened(const char *path, int fd, const void *caller);

#endif
