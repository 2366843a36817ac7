/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * desktop.h - a window on the host's desktop (-display gtk, sdl): what its libraries do is past the journal.
 *
 * They talk with the desktop by shared memory too and in threads of their own, so no journal of their calls could be
 * followed. Their calls are the host's in both modes, the user is warned, and a replay has no window
 * (scripts/lib/replay.sh). What the guest learns from the window, keys and the pointer, is not in the recording.
 */
#ifndef PRELOAD_DESKTOP_H
#define PRELOAD_DESKTOP_H

#include <poll.h>
#include <stdbool.h>

/* Any thread: is the caller of a wrapper, by its return address, such a library? */
bool desktop_calls(const void *caller);

/* It has made a descriptor, or not: fd and errno. Returns fd. */
int desktop_made(int fd);
void desktop_closed(int fd);
bool desktop_is(int fd);

/* A poll that such a library makes, which knows what it waits for. */
bool desktop_polls(const struct pollfd *fds, nfds_t n);

#endif
