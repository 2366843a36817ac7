/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * turnstile.h - lets either one of the event loops or the vCPU thread run, and gives every turn of a loop a place in
 * guest time.
 *
 * Loop 0 is the main loop, 1, 2, … are iothreads in the order of their creation; the number of one that has ended is
 * given again when all have been. One lock, below the BQL and the pools'
 * locks: whoever holds it takes none of them. It is never held while the emulator's code runs, but for the worker
 * threads' way from gate to publication, which the holder waits for.
 */
#ifndef PRELOAD_TURNSTILE_H
#define PRELOAD_TURNSTILE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

void turnstile_lock(void);
void turnstile_unlock(void);
void turnstile_wait(pthread_cond_t *cond);

/* The time in that many milliseconds, and a wait until then: 0, or ETIMEDOUT. */
void turnstile_deadline(struct timespec *until, int64_t ms);
int turnstile_wait_until(pthread_cond_t *cond, const struct timespec *until);

/* Makes the host's poll of that loop return: a request has finished, a signal has come. Signal-safe. */
void turnstile_wake(unsigned loop);

/* The same, if it polls the host now; a request that has finished is found otherwise by whoever holds the lock. */
void turnstile_wake_polling(unsigned loop);

/*
 * Constructor: before any other thread. leaps: an idle guest's time goes to its next timer at once (-icount sleep=off).
 * Returns 0 or -errno.
 */
int turnstile_init(bool leaps);

/* The guest's vCPU thread is about to be created. From here on the main loop's polls are turns. */
void turnstile_vcpu_created(void);
bool turnstile_has_vcpu(void);

/* Main thread: an iothread is about to be created: the number of its loop; 0: nothing is recorded any more. */
unsigned turnstile_add_loop(void);

/* Main thread: that iothread has ended, and been joined. */
void turnstile_remove_loop(unsigned loop);

/* Have there been no iothreads? */
bool turnstile_main_loop_alone(void);

/*
 * The thread that has created it, at once: waits until the loop waits for its first turn. What a loop does before, making
 * its pool's workers, is at no place: nothing for it may be scheduled meanwhile.
 */
void turnstile_await_loop(unsigned loop);

/* ---- the vCPU thread: vcpu.c ---- */

/*
 * At the start of a slice, without the BQL. Returns how many instructions it may have at most; *fresh: nobody else has run
 * since turnstile_before_bql().
 */
int64_t turnstile_slice(int64_t icount, bool *fresh);

/* After that: of that many instructions, as many as it gets before a stop (until.h). */
int64_t turnstile_cut(int64_t icount, int64_t budget);

/* Before it locks the BQL: not in a loop's turn; and the place of a stall. */
void turnstile_before_bql(void);

/* Main thread, in its turn: has every vCPU been idle since before the turn? */
bool turnstile_guest_idles(void);

/* Instead of waiting for work with the BQL: every vCPU is idle or stopped. Returns when there may be work. */
void turnstile_idle(pthread_mutex_t *bql);

/* It is about to write to that eventfd: can that wait (bells.h)? */
bool turnstile_bell_waits(int fd);

/* It has written to an eventfd: its slice ends here. */
void turnstile_doorbell(void);

/* Any thread: it has made an engine; if that is the vCPU thread, then what rings next is not the guest's affair. */
void turnstile_engine_made(void);

uint64_t turnstile_slices(void);

/* ---- the loops' threads ---- */

/* The host's poll. Without waiting: is anything ready that the emulator has polled for, as far as its thread rang for it? */
typedef bool turnstile_host_poll(void *poll, bool waits);

/* The outer poll: ends a turn, and starts the next one: at once, or when the host's poll has something. */
void turnstile_outer_poll(turnstile_host_poll *host, void *poll);

/*
 * Does the calling thread keep what it submits until its turn ends? The guest need not stand still for what the host
 * makes of it. But for a request that is the only one in flight the guest may well wait, and this very turn can release it,
 * unless the host is slow.
 */
bool turnstile_holds(void);

/*
 * The calling thread hands over what it has kept: to the host, and to workers. At the turn's end (that of the last, where
 * one follows another at once), and before it waits for anything; without the lock.
 */
void turnstile_hand_over(void);

/* An iothread ends, and with it its turn. */
void turnstile_loop_ends(void);

/* Main thread, instead of waiting for a condition with the BQL in its turn: the vCPU thread runs until it signals it. */
int turnstile_lend(pthread_cond_t *cond, pthread_mutex_t *bql);

/* The main loop has a poll before there is a guest: iothreads pass too. */
void turnstile_no_guest(void);

/* ---- any thread ---- */

/* Before it signals a condition: the main loop may be waiting for it in its turn, which goes on then. */
void turnstile_signals(const pthread_cond_t *cond);

/* ---- main or vCPU thread ---- */

/* A blocking poll with the BQL held. Returns when what it waits for is there, or its time is over. */
void turnstile_nested_poll(turnstile_host_poll *host, void *poll);

/* A wait for the end of an iothread: others have their turns meanwhile. */
typedef int turnstile_host_wait(void *what);
int turnstile_nested_wait(turnstile_host_wait *wait, void *what);

/* ---- the watch's thread, and whoever has its turn ---- */

/* A number that changes whenever something is done. */
uint64_t turnstile_progress(void);

/* Recording: does a thread wait in here for another one, and not for the host alone? */
bool turnstile_stuck(void);

/* The recording ends here, with that cause: all threads go on, and never wait here again. */
void turnstile_give_up(const char *cause);

/* ---- all of them ---- */

/* The descriptor that turnstile_wake() makes readable, for the calling thread's polls. */
int turnstile_wake_fd(void);

/* The guest's instruction count, as far as this thread may ask for it. */
int64_t turnstile_icount(void);

#endif
