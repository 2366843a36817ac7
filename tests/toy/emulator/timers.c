/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timers.c - timers of the virtual clock: those that the vCPU thread runs, and those of the main loop's AioContext.
 * QEMU: util/qemu-timer.c, softmmu/cpu-timers.c:qemu_timer_notify_cb.
 *
 * Main and vCPU thread; the lock protects the timers, whose functions are called with the BQL and without it.
 */
#include "toy.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct timer *timers[CPUS_MAX + 4];
static unsigned count;
static _Atomic bool enabled = true;

static bool before(const struct timer *a, const struct timer *b)
{
	return a->expires >= 0 && (!b || a->expires < b->expires);
}

/* (locked) The timer that expires first; of one list, or of all (-1). */
static struct timer *first(int list)
{
	struct timer *earliest = NULL;

	for (unsigned i = 0; i < count; i++)
		if ((list < 0 || timers[i]->list == (enum timer_list)list) && before(timers[i], earliest))
			earliest = timers[i];
	return earliest;
}

EXPORTED int64_t qemu_clock_deadline_ns_all(int clock, int attributes)
{
	int64_t now, expires = -1;
	const struct timer *timer;

	(void)attributes;
	if (clock != 1 || !enabled)
		return -1;
	now = icount_now_ns();
	pthread_mutex_lock(&lock);
	timer = first(-1);
	if (timer)
		expires = timer->expires;
	pthread_mutex_unlock(&lock);
	if (expires < 0)
		return -1;
	return expires > now ? expires - now : 0;
}

static void notify_vcpu(void)
{
	if (current_cpu)
		cpu_kick(current_cpu);
	else
		cpu_queue_work(&cpus[0]);
}

void clock_notify(void)
{
	notify_vcpu();
	aio_notify();
}

void clock_enable(bool on)
{
	bool was = atomic_exchange(&enabled, on);

	if (on && !was)
		clock_notify();
}

void timer_add(struct timer *timer)
{
	timer->expires = -1;
	timers[count++] = timer;
}

void timer_mod(struct timer *timer, int64_t expires)
{
	bool earliest;

	pthread_mutex_lock(&lock);
	timer->expires = expires;
	earliest = first((int)timer->list) == timer;
	pthread_mutex_unlock(&lock);
	if (!earliest || expires < 0)
		return;
	icount_start_warp();
	if (timer->list == TIMERS_VCPU)
		notify_vcpu();
	else
		aio_notify();
}

/* The next one that is due, no longer armed. */
static struct timer *take_due(enum timer_list list, int64_t now)
{
	struct timer *timer;

	pthread_mutex_lock(&lock);
	timer = first((int)list);
	if (timer && timer->expires > now)
		timer = NULL;
	if (timer)
		timer->expires = -1;
	pthread_mutex_unlock(&lock);
	return timer;
}

void timers_run(enum timer_list list)
{
	int64_t now = icount_now_ns();
	struct timer *timer;

	if (!enabled)
		return;
	while ((timer = take_due(list, now)))
		timer->run(timer->opaque);
}
