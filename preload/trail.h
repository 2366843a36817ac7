/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trail.h - what this run has gone through: a digest of what must be the same in every run, and the last events.
 *
 * The digest covers everything so far: the turns with their clocks, what they released, submissions, doorbells and
 * inputs, each with its place. A byte of it is in each turn's record that is not right behind another one, all of it in
 * the recording's end: a difference that no other comparison sees is noticed at the next turn, but for one in 256,
 * then at the one after it. In older recordings it starts anew with each turn, whose record has all of it.
 * Called by whoever runs, one at a time; reading the events is for whoever ends the process. Nothing here allocates,
 * locks or fails.
 */
#ifndef PRELOAD_TRAIL_H
#define PRELOAD_TRAIL_H

#include <stddef.h>
#include <stdint.h>

#include "rrio/journal.h"

/* Replay: the recording is an older one. Constructor. */
void trail_each_turn(void);

/* What the record of a turn of that kind has, which starts now; 0: nothing. */
uint32_t trail_of_turn(enum rrj_kind kind);

/* A turn starts. */
void trail_turn(const struct rrj_turn *turn);

void trail_released(const struct rrj_request *request);

/* what: the operation, offset and length, where they are known by then; or NULL. */
void trail_submitted(uint64_t ticket, int64_t icount, const struct rrj_request *what);

void trail_bell(int64_t icount);
void trail_input(const struct rrj_input *input);

/* All of it; never 0. */
uint32_t trail_digest(void);

/* How many events are kept, and the i-th of them as text, the oldest first. */
size_t trail_kept(void);
void trail_describe(size_t i, char *text, size_t size);

/* What is kept since the last turn that has a digest: the i-th submission, 0 behind the last; the i-th release. */
uint64_t trail_submission(size_t i, int64_t *icount);
uint64_t trail_release(size_t i);

#endif
