/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trail.h - what this run has gone through: a digest of what must be the same in every run, and the last events.
 *
 * The digest covers everything from one turn's start to the next one's: the turn itself with its clocks, what it
 * released, submissions, doorbells and inputs, each with its place. A turn's record has it, so that a difference that
 * no other comparison sees is noticed at the next turn. Called by whoever runs, one at a time; reading the events is
 * for whoever ends the process. Nothing here allocates, locks or fails.
 */
#ifndef PRELOAD_TRAIL_H
#define PRELOAD_TRAIL_H

#include <stddef.h>
#include <stdint.h>

#include "rrio/journal.h"

/* A turn starts: the digest starts anew with it. */
void trail_turn(const struct rrj_turn *turn);

void trail_released(const struct rrj_request *request);

/* what: the operation, offset and length, where they are known by then; or NULL. */
void trail_submitted(uint64_t ticket, int64_t icount, const struct rrj_request *what);

void trail_bell(int64_t icount);
void trail_input(const struct rrj_input *input);

/* Of everything since the last turn's start; never 0. */
uint32_t trail_digest(void);

/* How many events are kept, and the i-th of them as text, the oldest first. */
size_t trail_kept(void);
void trail_describe(size_t i, char *text, size_t size);

/* What is kept since the last turn's start: the i-th submission, 0 behind the last; the i-th release. */
uint64_t trail_submission(size_t i, int64_t *icount);
uint64_t trail_release(size_t i);

#endif
