/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * turn.h - the turnstile's state, and what its own files know of each other: turnstile.c, place.c, turn.c, nested.c.
 *
 * All of it is the lock's, but for what is atomic. Functions marked (locked) are called with the lock held.
 */
#ifndef PRELOAD_TURN_H
#define PRELOAD_TURN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "rrio/journal.h"
#include "soon.h"
#include "wake.h"

/* Who runs: a loop, by its number; or else one of these. */
enum {
	GUEST = -1,  /* the vCPU thread; or it is at a place, and nobody */
	NOBODY = -2, /* whoever is in a nested poll is at its place */
};

struct place {
	_Atomic enum rrj_kind kind; /* 0: not at a place; readable without the lock */
	int64_t icount;
};

extern struct turnstile {
	pthread_mutex_t lock;
	pthread_cond_t loops_cond; /* loops wait for a place, or for their turn to go on */
	pthread_cond_t vcpu_cond;  /* the vCPU thread waits for the turn's end, or a loan */

	struct loop {
		bool exists;	  /* the number is taken: its iothread has not been joined */
		bool wants;	  /* recording: it has something to do */
		bool there;	  /* it has come to its first outer poll */
		unsigned again;	  /* recording: how many more turns it may have right here */
		struct soon soon; /* its wait for a place */
	} loops[LOOPS];
	unsigned last_loop; /* the number that was given last; 0: there has been no iothread */

	_Atomic int running;
	_Atomic unsigned wanting;    /* loops that want a turn */
	_Atomic int64_t next_icount; /* replay: of tape_place(), readable without the lock */
	bool has_vcpu, guest_leaps;
	_Atomic bool slow; /* the last transfer that was released took the host long */
	_Atomic bool no_guest;
	_Atomic uint64_t turns;
	_Atomic bool leaving_nested;
	const pthread_cond_t *_Atomic loan; /* the main thread waits for it in its turn, and the vCPU thread runs */
	struct place parked;		    /* the vCPU thread's */
	struct place nested;		    /* the nested poll's */
	int64_t turn_icount;		    /* of the last turn that has started */
} turnstile;

/* ---- place.c ---- */

/* Replay (locked): is the journal's next turn of that kind, at that count? */
bool place_is_next(enum rrj_kind kind, int64_t icount);

/* Replay (locked): ends the process when nobody would ever take the journal's next turn. */
void place_check_loop(enum rrj_kind kind, int64_t icount);

/* ---- turn.c ---- */

/* (locked) A turn of the calling thread's loop starts at this place: host time, and what it releases. */
void turn_take(const struct place *place);

/* Replay (locked): ends the process when the journal has no further turn. */
void turn_check_early(void);

/* (locked) Does the calling thread's loop ask the host? A request that has finished is reason enough for a turn. */
bool turn_must_ask(void);

/* (locked) The vCPU thread may go on. It is no longer parked, even if it has not woken up yet. */
void turn_let_vcpu_run(void);

/* Not locked: it takes the lock. */
void turn_wake_vcpu(void);

#endif
