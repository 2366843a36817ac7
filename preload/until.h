/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * until.h - RRIO_UNTIL: where a replay is to stop.
 *
 * A stop is a place: an instruction count, and for a request or a turn also the turn before which it is. Read by the
 * constructor, looked up in the recording before the guest runs; passed once.
 */
#ifndef PRELOAD_UNTIL_H
#define PRELOAD_UNTIL_H

#include <stdbool.h>
#include <stdint.h>

#include "rrio/journal.h"

/* 1.2G, r17 or request:17, t5 or turn:5, end. false: it is none of them. */
bool until_take(const char *value);

/* Was one given? */
bool until_is_set(void);

/* Constructor: finds the place. A place that the recording has not ends the process with status 2. */
void until_load(struct rrj_reader *reader, const char *dir);

/* How far the recording goes: its last instruction count. Known after until_load(). */
int64_t until_last(void);

/* The count of the stop that is still to come; INT64_MAX: none. Written before the guest runs and by the vCPU thread. */
extern int64_t until_icount;

/* At this count, is the stop here, or is a turn still to be taken before it? Turns' places only. */
bool until_is_here(int64_t icount);

static inline bool until_reached(int64_t icount)
{
	return __builtin_expect(icount >= until_icount, 0) && until_is_here(icount);
}

/* There will be no other. */
void until_pass(void);

/*
 * The stop is here and nobody looks at the guest: the replay ends, with status 0. The vCPU thread at a place of its own,
 * where only an instruction count says so; and (locked) whoever is about to take the next turn.
 */
void until_check(int64_t icount);
void until_check_turn(int64_t icount);

#endif
