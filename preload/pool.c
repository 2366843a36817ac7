/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pool.c - thread pools, their jobs' numbers, and what of them has started. Who calls what: pool.h. */
#include "pool.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "gate.h"
#include "interpose.h"
#include "turnstile.h"
#include "wake.h"

/*
 * A ThreadPool begins with pointers, its mutex and its conditions, of which only request_cond is signalled by others
 * than workers: util/thread-pool.c, struct ThreadPool, 7.2 to 11.0. Nothing else that is locked or signalled lies so
 * near behind its start.
 */
enum { POOL_REACH = 200 };

static struct pool pools[LOOPS];   /* by their loops' numbers */
static _Atomic unsigned pools_end; /* behind the highest of them */

/* Changed by whoever holds the turn, and by the worker that it waits for. */
static _Atomic bool careful;

bool pool_has(const struct pool *pool, const void *address)
{
	return pool && (uintptr_t)address - (uintptr_t)pool->address < POOL_REACH;
}

void pool_add(const void *address, unsigned loop)
{
	struct pool *pool = &pools[loop];

	memset(pool->slots, 0, sizeof(pool->slots));
	pool->submitted = pool->settled = pool->taken = 0;
	pool->loop = loop;
	pool->address = address;
	for (struct pool *old = pools; old < pools + pools_end; old++)
		if (old->was == address)
			old->was = NULL;
	if (pools_end <= loop)
		pools_end = loop + 1;
}

void pool_forget(unsigned loop)
{
	pools[loop].was = pools[loop].address;
	pools[loop].address = NULL;
}

bool pool_is_over(const void *address)
{
	for (const struct pool *pool = pools; pool < pools + pools_end; pool++)
		if (address && pool->was == address)
			return true;
	return false;
}

struct pool *pool_of(const void *address)
{
	unsigned n = atomic_load_explicit(&pools_end, memory_order_acquire);

	for (struct pool *pool = pools; pool < pools + n; pool++)
		if (pool_has(pool, address))
			return pool;
	return NULL;
}

static struct ticket_slot *slot_of(struct pool *pool, uint64_t number)
{
	return &pool->slots[number % TICKETS];
}

/* The calling thread's: how often it still has to signal that condition. */
static __thread struct {
	pthread_cond_t *cond;
	unsigned count;
} held __attribute__((tls_model("initial-exec")));

void pool_flush(void)
{
	for (; held.count; held.count--)
		real.pthread_cond_signal(held.cond);
}

static void hold(pthread_cond_t *cond)
{
	if (held.cond != cond)
		pool_flush();
	held.cond = cond;
	held.count++;
}

bool pool_submitted(pthread_cond_t *cond)
{
	struct pool *pool = pool_of(cond);
	uint64_t number;

	if (!pool)
		return false;
	number = ++pool->submitted;
	ticket_take(slot_of(pool, number), number, turnstile_icount(), NULL);
	if (careful || !turnstile_holds())
		return false;
	hold(cond);
	return true;
}

/* (locked) Behind this one there may be jobs in flight. */
static uint64_t settled(struct pool *pool)
{
	uint64_t last = pool->submitted;

	/* Older ones have no slot any more, and are not in flight. */
	if (last > TICKETS && pool->settled < last - TICKETS)
		pool->settled = last - TICKETS;
	while (pool->settled < last && !ticket_in_flight(slot_of(pool, pool->settled + 1)->ticket))
		pool->settled++;
	return pool->settled;
}

/*
 * (locked) Waits for the jobs that can start with so many workers. Which these are depends on what was submitted and
 * released alone: who waits at a gate keeps its worker.
 */
static void await_started(struct pool *pool, unsigned workers)
{
	for (uint64_t number = settled(pool) + 1; number <= pool->submitted && workers; number++) {
		struct ticket_slot *slot = slot_of(pool, number);

		if (ticket_in_flight(slot->ticket) && gate_await_job(slot, number))
			workers--;
	}
}

void pool_signalled(const pthread_cond_t *cond)
{
	struct pool *pool = careful ? pool_of(cond) : NULL;

	if (!pool)
		return;
	turnstile_lock();
	await_started(pool, POOL_WORKERS);
	turnstile_unlock();
}

bool pool_is_careful(void)
{
	return careful;
}

void pool_refused(struct pool *pool)
{
	careful = true;
	await_started(pool, POOL_WORKERS - 1);
}

void pool_published(struct pool *pool)
{
	if (careful)
		await_started(pool, POOL_WORKERS);
}
