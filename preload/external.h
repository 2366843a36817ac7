/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * external.h - which descriptors stand for something outside the emulator: its standard input and output, sockets,
 * terminals, network devices, named pipes.
 *
 * What they say and when is the outside's doing, so it is journalled. Regular files and disks are not external, nor
 * is what the emulator made for itself: pipes without a name, eventfds, timerfds. In replay an external descriptor is
 * a placeholder, with which nothing can be done.
 */
#ifndef PRELOAD_EXTERNAL_H
#define PRELOAD_EXTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum external_kind {
	EXTERNAL_NONE,
	EXTERNAL_STANDARD, /* descriptors 0 to 2, whatever they are */
	EXTERNAL_SOCKET,
	EXTERNAL_TERMINAL,
	EXTERNAL_PIPE,
	EXTERNAL_DEVICE, /* a character device: a terminal, a network device */
};

enum { EXTERNAL_MAX = 4096 };

extern _Atomic uint8_t external_kinds[EXTERNAL_MAX];

/* Any thread. */
static inline bool external_is(int fd)
{
	return fd >= 0 && fd < EXTERNAL_MAX && atomic_load_explicit(&external_kinds[fd], memory_order_relaxed);
}

/* Is it one of a thread whose calls are journalled? Any other thread's call is noted. */
bool external_call_of_any(int fd);

static inline bool external_call(int fd)
{
	return external_is(fd) && external_call_of_any(fd);
}

/* Constructor, after the journal is open: what the process has inherited. */
void external_init(void);

/*
 * The descriptor's number in the journal: 1, 2, … in the order in which parties use them first, which is the same in
 * every run where descriptors' own numbers may not be.
 */
uint32_t external_id(int fd);

/* This new descriptor is external. Ends the process if there are too many. Returns fd. */
int external_made(int fd, enum external_kind kind);
/* What a descriptor made by the host (opened, inherited, passed by another process) is. */
enum external_kind external_look(int fd);
/* Is it a device that is used by shared memory or pointers, so that its calls say too little? */
bool external_is_shared(int fd);
/* A descriptor that stands in for one of the recording's. Ends the process if there is none left. */
int external_placeholder(enum external_kind kind);
void external_closed(int fd);
/* `copy` is a new descriptor for the same as fd. Returns copy. */
int external_copied(int fd, int copy);

const char *external_kind_name(int fd);

#endif
