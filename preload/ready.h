/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ready.h - what a party's poll says of external descriptors. */
#ifndef PRELOAD_READY_H
#define PRELOAD_READY_H

#include <poll.h>
#include <stdbool.h>

/* The most descriptors of one poll: they are on the stack; more than a process may open by default. */
enum { READY_MAX = 4095 };

/*
 * A party's poll, which does not wait. open: external descriptors are as the host says (record) or as the recording
 * does (replay); else none of them is ready.
 */
int ready_poll(struct pollfd *fds, nfds_t n, bool open);

#endif
