/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place.h - the turnstile's inside, for vcpu.c: the places where the vCPU thread can be stopped and turns start.
 *
 * Functions marked (locked) are called with the turnstile's lock held.
 */
#ifndef PRELOAD_PLACE_H
#define PRELOAD_PLACE_H

#include "rrio/journal.h"

#include <stdbool.h>
#include <stddef.h>

/* Is one of the loops in its turn, or waiting for another one inside it? Readable without the lock. */
bool place_in_turn(void);

/* Is the vCPU thread running on loan? (locked) */
bool place_on_loan(void);

/* Could a turn start at this count? A first look, without the lock. */
bool place_possible(int64_t icount);

/* Does a turn start here? (locked, or a first look without the lock) */
bool place_chosen(enum rrj_kind kind, int64_t icount);

/* (locked) The vCPU thread is here until a turn has been taken, or the main loop lends its turn. */
void place_park(enum rrj_kind kind, int64_t icount);

/* (locked) Waits while a loop is in its turn. */
void place_wait_for_turn_end(void);

/* For the watch, without the lock: where the vCPU thread and the loops are, as words. */
void place_describe(char *text, size_t size);

/* How many turns have ended. */
uint64_t place_turns(void);

/* Replay: the instruction count of what comes next in the journal. Readable without the lock. */
int64_t place_next_icount(void);

#endif
