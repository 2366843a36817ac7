/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gate.c - the requests that have finished and that no turn has released yet.
 *
 * Workers enter at gate_hold() and gate_published(); whoever holds the turn releases. Nothing here calls into QEMU.
 * Nothing can fail.
 */
#include "gate.h"

#include <stdatomic.h>

#include "interpose.h"
#include "turnstile.h"

static TAILQ_HEAD(gate_list, gate) gates = TAILQ_HEAD_INITIALIZER(gates); /* held, by ticket */
static pthread_cond_t arrived = PTHREAD_COND_INITIALIZER;
static pthread_cond_t published = PTHREAD_COND_INITIALIZER;

static _Atomic uint64_t tickets;

/* More than can be queued and unreleased at a time; a power of two. */
enum { SUBMISSIONS = 8192 };

static _Atomic int64_t submitted_at[SUBMISSIONS];
static _Atomic uint64_t submissions, releases;

/* Tickets of the jobs that have published without a gate, each at its place modulo the size. */
static uint64_t passed_by[SUBMISSIONS];

uint64_t gate_ticket(void)
{
	return atomic_fetch_add(&tickets, 1) + 1;
}

void gate_submit(int64_t icount)
{
	uint64_t ticket = atomic_load(&submissions) + 1; /* one submitter at a time: whoever runs */

	atomic_store(&submitted_at[ticket % SUBMISSIONS], icount);
	atomic_store(&submissions, ticket);
}

bool gate_expected(uint64_t ticket)
{
	return ticket <= atomic_load(&submissions);
}

bool gate_in_flight(void)
{
	return atomic_load_explicit(&submissions, memory_order_relaxed) >
	       atomic_load_explicit(&releases, memory_order_relaxed);
}

int64_t gate_submitted(uint64_t ticket)
{
	uint64_t last = atomic_load(&submissions);

	if (ticket > last || last - ticket >= SUBMISSIONS)
		return -1;
	return atomic_load(&submitted_at[ticket % SUBMISSIONS]);
}

static void insert(struct gate *gate)
{
	struct gate *before;

	TAILQ_FOREACH_REVERSE(before, &gates, gate_list, link)
		if (before->what.request.ticket < gate->what.request.ticket)
			break;
	if (before)
		TAILQ_INSERT_AFTER(&gates, before, gate, link);
	else
		TAILQ_INSERT_HEAD(&gates, gate, link);
}

void gate_give_time(int64_t ms)
{
	static uint64_t cancelled; /* while they were queued: no worker will take them */
	struct timespec until;

	turnstile_deadline(&until, ms);
	while (TAILQ_EMPTY(&gates) && atomic_load(&submissions) > atomic_load(&releases) + cancelled) {
		if (!turnstile_wait_until(&arrived, &until))
			continue;
		if (atomic_load(&tickets) == atomic_load(&releases))
			cancelled = atomic_load(&submissions) - atomic_load(&tickets);
		return;
	}
}

void gate_hold(struct gate *gate)
{
	turnstile_lock();
	gate->state = GATE_HELD;
	insert(gate);
	real.pthread_cond_signal(&arrived);
	turnstile_wake();
	while (gate->state != GATE_RELEASED)
		turnstile_wait(&gate->released);
	turnstile_unlock();
}

void gate_published(struct gate *gate)
{
	turnstile_lock();
	*gate->published = gate->what;
	gate->state = GATE_PUBLISHED;
	real.pthread_cond_signal(&published);
	turnstile_unlock();
}

uint32_t gate_waiting(uint64_t waiting[GATE_MAX_RELEASES])
{
	struct gate *gate;
	uint32_t n = 0;

	TAILQ_FOREACH(gate, &gates, link) {
		if (n == GATE_MAX_RELEASES)
			break;
		waiting[n++] = gate->what.request.ticket;
	}
	return n;
}

static struct gate *find(uint64_t ticket)
{
	struct gate *gate;

	TAILQ_FOREACH(gate, &gates, link)
		if (gate->what.request.ticket == ticket)
			return gate;
	return NULL;
}

struct gate *gate_await(uint64_t ticket)
{
	struct gate *gate;

	while (!(gate = find(ticket)) && passed_by[ticket % SUBMISSIONS] != ticket)
		turnstile_wait(&arrived);
	return gate;
}

void gate_pass_by(uint64_t ticket)
{
	turnstile_lock();
	passed_by[ticket % SUBMISSIONS] = ticket;
	real.pthread_cond_signal(&arrived);
	turnstile_unlock();
}

void gate_release(struct gate *gate, struct gate_request *done)
{
	TAILQ_REMOVE(&gates, gate, link);
	atomic_fetch_add(&releases, 1);
	done->request.ticket = 0;
	gate->published = done;
	gate->state = GATE_RELEASED;
	real.pthread_cond_signal(&gate->released);
	/* The gate itself must not be looked at: by then the worker may have begun its next job. */
	/* cppcheck-suppress knownConditionTrueFalse ; the worker fills it in */
	while (!done->request.ticket)
		turnstile_wait(&published);
}
