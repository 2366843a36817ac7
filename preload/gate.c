/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gate.c - the requests that have finished and that no turn has released yet.
 *
 * Engines' threads enter at gate_arrive() and gate_pass_by(); whoever holds the turn releases. Nothing here calls into
 * QEMU. Nothing can fail.
 */
#include "gate.h"

#include <stdatomic.h>
#include <stddef.h>

#include "config.h"
#include "interpose.h"
#include "soon.h"
#include "turnstile.h"

static TAILQ_HEAD(gate_list, gate) gates = TAILQ_HEAD_INITIALIZER(gates); /* as they arrived */
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;		  /* a gate has come or gone */
static _Atomic uint64_t begun;
static _Atomic uint64_t releases; /* that have been; the vCPU thread reads it without the lock */
static uint64_t waiting_now;	  /* gates in the list */
static _Atomic uint64_t arrivals, awaited;
static _Atomic bool settling;	    /* somebody waits for them */
static _Atomic unsigned publishing; /* requests that have been released, and of which QEMU does not know yet */

bool gate_arrive(struct gate *gate)
{
	unsigned loop = gate->loop;
	bool last;

	TAILQ_INSERT_TAIL(&gates, gate, link);
	waiting_now++;
	arrivals++;
	last = gate_all_wait();
	if (config.mode == MODE_OFF)
		gate_open();
	/* Whoever wakes up takes the lock first: it is free then. */
	turnstile_unlock();
	real.pthread_cond_broadcast(&changed);
	turnstile_wake_polling(loop);
	turnstile_lock();
	return last;
}

uint32_t gate_waiting(unsigned loop, struct gate *waiting[GATE_MAX_RELEASES])
{
	struct gate *gate;
	uint32_t n = 0;

	TAILQ_FOREACH(gate, &gates, link) {
		uint32_t at = n;

		if (gate->loop != loop)
			continue;
		if (n == GATE_MAX_RELEASES)
			break;
		for (; at && waiting[at - 1]->slot->ticket > gate->slot->ticket; at--)
			waiting[at] = waiting[at - 1];
		waiting[at] = gate;
		n++;
	}
	return n;
}

static struct gate *find(const struct ticket_slot *slot)
{
	struct gate *gate;

	TAILQ_FOREACH(gate, &gates, link)
		if (gate->slot == slot)
			return gate;
	return NULL;
}

struct gate *gate_await(uint64_t ticket)
{
	const struct ticket_slot *slot = ticket_released(ticket) ? NULL : ticket_slot(ticket);
	struct gate *gate = NULL;

	awaited = ticket;
	while (slot && !(gate = find(slot)) && (!slot->number || slot->passed != slot->number))
		turnstile_wait(&changed);
	awaited = 0;
	return gate;
}

void gate_pass_by(struct ticket_slot *slot, uint64_t number)
{
	turnstile_lock();
	slot->passed = number;
	real.pthread_cond_broadcast(&changed);
	turnstile_unlock();
}

void gate_called(struct ticket_slot *slot, uint64_t number)
{
	turnstile_lock();
	slot->called = number;
	real.pthread_cond_broadcast(&changed);
	turnstile_unlock();
}

bool gate_await_job(const struct ticket_slot *slot, uint64_t number)
{
	while (slot->called != number && slot->passed != number && config.mode != MODE_OFF)
		turnstile_wait(&changed);
	if (slot->passed != number)
		return true;
	ticket_release(slot->ticket);
	releases++;
	return false;
}

void gate_release(struct gate *gate, const struct rrj_request *recorded, struct gate_request *done)
{
	TAILQ_REMOVE(&gates, gate, link);
	waiting_now--;
	ticket_release(gate->slot->ticket);
	releases++;
	real.pthread_cond_broadcast(&changed);
	/* What is left of it may take as long as its start. */
	awaited = gate->slot->ticket;
	gate->publish(gate, recorded, done);
	arrivals++;
}

void gate_publishes(void)
{
	publishing++;
}

void gate_published(void)
{
	/* Seldom does anybody wait by now; whoever does has not looked yet, or waits already. */
	if (atomic_fetch_sub(&publishing, 1) > 1 || !settling)
		return;
	turnstile_lock();
	turnstile_unlock();
	real.pthread_cond_broadcast(&changed);
}

bool gate_settle(void)
{
	static struct soon soon;
	int64_t since = 0;

	if (publishing) {
		turnstile_unlock();
		since = soon_look(&soon, gate_is_publishing);
		turnstile_lock();
	}
	settling = true;
	while (publishing && config.mode != MODE_OFF)
		turnstile_wait(&changed);
	settling = false;
	soon_over(&soon, since);
	awaited = 0;
	return config.mode != MODE_OFF;
}

void gate_open(void)
{
	struct gate *gate;

	while ((gate = TAILQ_FIRST(&gates)))
		gate_release(gate, NULL, NULL);
}

void gate_wake(void)
{
	real.pthread_cond_broadcast(&changed);
}

uint64_t gate_awaited(void)
{
	return awaited;
}

uint64_t gate_progress(void)
{
	return arrivals + atomic_load_explicit(&begun, memory_order_relaxed);
}

bool gate_is_publishing(void)
{
	return publishing;
}

void gate_begun(void)
{
	atomic_fetch_add_explicit(&begun, 1, memory_order_relaxed);
}

bool gate_waits(unsigned loop)
{
	const struct gate *gate;

	TAILQ_FOREACH(gate, &gates, link)
		if (gate->loop == loop)
			return true;
	return false;
}

bool gate_all_wait(void)
{
	return waiting_now == gate_in_flight();
}

bool gate_give_time(unsigned loop, const struct timespec *until)
{
	static uint64_t cancelled; /* while they were queued: no engine will begin them */

	if (gate_waits(loop) || tickets_taken() <= releases + cancelled)
		return true;
	if (!turnstile_wait_until(&changed, until))
		return false;
	if (atomic_load(&begun) == releases)
		cancelled = tickets_taken() - atomic_load(&begun);
	return true;
}

uint64_t gate_in_flight(void)
{
	return tickets_taken() - releases;
}
