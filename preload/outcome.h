/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outcome.h - what the host refused when the recording was made, known before replay asks it again.
 *
 * A write that failed then must not be carried out now: the guest may read what it has left, and the image would not
 * be what it was. Filled by the constructor; after that anybody may read it. Empty when recording.
 */
#ifndef PRELOAD_OUTCOME_H
#define PRELOAD_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

struct rrj_reader;

/* Replay: reads the recording to its end. What cannot be read is not known; those who replay it say so. */
void outcome_load(struct rrj_reader *reader);

/* Was anything refused? */
bool outcome_any(void);

/* The result of that request's first call, if it failed or was a write that fell short. */
bool outcome_of(uint64_t ticket, int64_t *result);

#endif
