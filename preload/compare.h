/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compare.h - replay: is what happens now what the recording has? A difference ends the process (diverge.h).
 *
 * For whoever holds the turn, by way of tape.c.
 */
#ifndef PRELOAD_COMPARE_H
#define PRELOAD_COMPARE_H

#include <stddef.h>
#include <stdint.h>

#include "gate.h"
#include "rrio/journal.h"

/* A turn starts here. next: what the recording has next; NULL: no turn. */
void compare_place(const struct rrj_turn *next, unsigned loop, enum rrj_kind kind, int64_t icount);

/*
 * What has happened since the last turn. `later` returns the recorded requests from this turn on, one at each call,
 * NULL behind the last: to find out which one is not as recorded.
 */
typedef const struct rrj_request *compare_later(void);
void compare_trail(uint32_t then, uint32_t now, int64_t icount, compare_later *later);

/* A turn that starts here releases these: each of them once. */
void compare_releases(const struct rrj_request *requests, uint32_t count, int64_t icount);

/* A request that has been released. The one returned is what the trail gets of it. */
struct rrj_request compare_request(const struct rrj_request *then, const struct gate_request *done);

/*
 * The emulator asks for an input. then: the next one in the recording before its next turn, or NULL. now: its size may be
 * the recording's to say.
 */
#define COMPARE_ANY_SIZE SIZE_MAX
void compare_input(const struct rrj_input *then, const struct rrj_input *now);

/* The emulator ended by itself. next: the turn that the recording has next, or NULL; end: its END, or NULL. */
void compare_end(const struct rrj_turn *next, const struct rrj_end *end, int64_t icount);

#endif
