/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stop.h - a replayed guest is held still while somebody looks at it (RRIO_GDB, RRIO_MONITOR, RRIO_QMP).
 *
 * It is the vCPU thread that holds, between two slices or where QEMU handles a breakpoint, and that serves meanwhile
 * whoever looks (live.h), with the BQL. No turn can start then, no clock goes on, nothing is taken from the journal; so
 * where it is done makes no difference. Without anybody who looks none of this is called.
 */
#ifndef PRELOAD_STOP_H
#define PRELOAD_STOP_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum stop_reason {
	STOP_NONE,
	STOP_PLACE, /* RRIO_UNTIL */
	STOP_STEP,  /* one instruction of a vCPU is over */
	STOP_BREAK, /* a breakpoint or a watchpoint */
	STOP_ASKED, /* somebody who looks wants it */
};

/* Constructor, replay. Ends the process if this emulator cannot be looked at. */
void stop_init(void);

/* ---- the vCPU thread ---- */

/* With the BQL, before it waits for work. */
void stop_idle(int64_t icount);

/* A slice is about to start, without the BQL: is it the rest of one that was held in? */
bool stop_is_rest(int64_t icount);

/* A slice would have so many instructions. Returns how many it gets now. */
int64_t stop_cut(int64_t icount, int64_t budget);

/* The emulator is about to go round, and shares so many instructions among its vCPUs. Returns how many. */
int64_t stop_share(int64_t budget);

/* It rings a doorbell: the slice ends here. */
void stop_bell(void);

/* It waits for work at that condition. */
void stop_learn_kick(const pthread_cond_t *cond);

/*
 * Is this slice an empty one of ours? Then what the emulator does because it has nothing to execute (it notifies its loops:
 * icount_prepare_for_run) is no doorbell of the guest's.
 */
bool stop_is_empty(void);

/* ---- whoever serves, in the vCPU thread while it holds ---- */

/* The guest goes on when all have been served; step: that vCPU alone executes one instruction, NULL: all go on. */
void stop_go(void *step);

/* It stays where it is until stop_go(). */
void stop_stay(void);
bool stop_stays(void);

/* ---- any thread ---- */

/* Somebody wants to be served: the vCPU thread does it soon. */
void stop_ask(void);

/*
 * A party signals that condition. If it is the one that vCPUs wait for, they are kicked, and the slice that runs ends here,
 * or the one that is about to start in whose turn it was. accel/tcg/tcg-accel-ops-rr.c:rr_kick_vcpu_thread
 */
void stop_signals(const pthread_cond_t *cond);

/* Is the guest held? */
bool stop_holds(void);

#endif
