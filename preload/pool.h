/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pool.h - the thread pools of the block layer, one per event loop: which memory is theirs, which jobs are queued in
 * them, and in what order those start.
 *
 * QEMU: util/thread-pool.c. A worker takes the jobs in the order in which they were submitted.
 */
#ifndef PRELOAD_POOL_H
#define PRELOAD_POOL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "ticket.h"

/* A pool's workers, all of them from its start: a turn must not need another one to get one (loops.c). */
enum { POOL_WORKERS = 64 };

struct pool {
	const void *_Atomic address;
	const void *_Atomic was; /* its address, when its loop has ended */
	unsigned loop;
	uint64_t submitted; /* of whoever runs */
	uint64_t settled;   /* the turnstile's lock: none up to this one is in flight, as far as that was looked at */
	uint64_t taken;	    /* the pool's lock protects it */
	struct ticket_slot slots[TICKETS];
};

/*
 * The loop's own thread, before its first job: its pool is the ThreadPool at that address, and its jobs' numbers begin
 * anew.
 */
void pool_add(const void *address, unsigned loop);

/* Main thread: that loop is no more, and what was its pool will be other memory. */
void pool_forget(unsigned loop);

/* A worker: is that the pool of a loop that has ended? Its last workers may begin only then, and find nothing to do. */
bool pool_is_over(const void *address);

/* Any thread: is that this pool (or NULL), its lock or one of its conditions? And the pool of which it is, or NULL. */
bool pool_has(const struct pool *pool, const void *address);
struct pool *pool_of(const void *address);

/*
 * Main, vCPU thread or iothread: it signals a condition. That is how a job is submitted, when it is one of a pool's. True
 * when it is not to signal now (turnstile_holds()): a worker would take the host's processors from those for whom the
 * guest waits.
 */
bool pool_submitted(pthread_cond_t *cond);

/* What turnstile_hand_over() does of that. */
void pool_flush(void);

/* The same thread: now it has. */
void pool_signalled(const pthread_cond_t *cond);

/*
 * Once the host has refused something, other jobs may do without the call: block/file-posix.c:handle_aiocb_flush knows
 * that the answer would mean nothing, handle_aiocb_discard and handle_aiocb_write_zeroes that the host cannot do it.
 * Then it matters which jobs have started before that, and from there on all start where they can, as they are
 * submitted or as a worker becomes free, and whoever has made that possible waits until they have come to a call or
 * published.
 */
bool pool_is_careful(void);

/* (locked) The worker of a job of this pool that has been refused something, released but not published. */
void pool_refused(struct pool *pool);

/* (locked) Whoever holds the turn: a job of this pool has been released and has published. */
void pool_published(struct pool *pool);

#endif
