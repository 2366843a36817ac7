/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uncontrolled.h - what reaches the guest and is not in the recording: noted there, and the user is warned, once each.
 *
 * Recording goes on. A replay that diverges names what the recording has noted: it may be the cause.
 */
#ifndef PRELOAD_UNCONTROLLED_H
#define PRELOAD_UNCONTROLLED_H

#include <poll.h>

/* Main thread, in its turn: what the turn's poll has found ready, and no journal has. */
void uncontrolled_poll(const struct pollfd *fds, nfds_t n);

/* Any thread: a descriptor is closed, and may stand for something else soon. */
void uncontrolled_closed(int fd);

/* Whoever is about to make a thread of the emulator's, of that name and without a role: does it run an event loop? */
void uncontrolled_thread(const char *name);

/* A device of the host was opened that is used by shared memory. */
void uncontrolled_device(const char *path);

/* A party: a window on the host's desktop is opened. */
void uncontrolled_window(void);

/* A thread that is no party makes a socket, or uses an external descriptor. */
void uncontrolled_call(void);

/* Whoever holds the turn: such calls; jobs that no gate has held, so that they became visible to QEMU at no turn. */
void uncontrolled_look(void);

/* Replay: the recording has this note; the i-th of them, NULL behind the last. */
void uncontrolled_remember(const char *id);
const char *uncontrolled_recorded(unsigned i);

#endif
