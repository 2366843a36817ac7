/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * descriptor.h - what rrio knows of the emulator's descriptors of files.
 *
 * Main, vCPU thread and iothreads open and close; any thread asks. A descriptor is known when one of them has opened it
 * and it is a regular file or a block device; in replay that of an image of the recording is one that cannot write.
 */
#ifndef PRELOAD_DESCRIPTOR_H
#define PRELOAD_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { DESCRIPTORS = 4096 };

/*
 * In replay, instead of opening an image of the recording: true, with the descriptor (or -1 and errno) in *fd. One that
 * is not there ends the process, unless the recording holds all that was read of it. asked: as the emulator has it;
 * path: where that is now (root.h).
 */
bool descriptor_open(const char *asked, const char *path, int flags, int *fd);

/* After open, in both modes; before close. */
void descriptor_opened(int fd, const char *asked, int flags);
void descriptor_closed(int fd);

/* Is it of a file, opened by a thread that runs the guest or touches it? */
bool descriptor_known(int fd);

/* Replay: the number of its image in the store; 0: none. */
uint32_t descriptor_image(int fd);

/* In replay, instead of a worker's write to an image, at the descriptor's place: true, with the result. */
bool descriptor_write(int fd, const void *data, size_t size, ssize_t *result);

#endif
