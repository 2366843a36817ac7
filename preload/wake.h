/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wake.h - what makes the host's poll of a loop return: an eventfd for each. turnstile.h has turnstile_wake(), for all.
 *
 * For turnstile.c, turn.c and nested.c; functions marked (locked) are called with the turnstile's lock held.
 */
#ifndef PRELOAD_WAKE_H
#define PRELOAD_WAKE_H

#include <stdbool.h>

/* Of the loops' numbers. */
enum { LOOPS = 64 };

/* (locked) A loop is made, of a number that no other has. Returns 0 or -errno. */
int wake_init(unsigned loop);

/* (locked) It is no more. */
void wake_close(unsigned loop);

/* (locked) The calling thread goes to poll the host, for its loop, if it does at all; it has come back. */
void wake_poll_begins(bool polls);
void wake_poll_ends(bool polled);

/* The calling thread has its turn: what woke it is taken note of. */
void wake_taken(void);

#endif
