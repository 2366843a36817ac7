/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rcu.c - the RCU thread's windows; syscall and g_usleep, by which it waits. Who calls what: rcu.h.
 *
 * util/rcu.c:call_rcu_thread waits for an event (a futex), gives others some time to add to its work (g_usleep), waits
 * for readers (another event) and then takes the BQL for its callbacks. Under the turnstile's lock; nothing fails.
 *
 * The vCPU thread is a reader while it executes, also where a turn is taken inside a device access. Then the window
 * closes with the work undone, and it is done in the next one that finds no reader: in replay as well.
 */
#include "rcu.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "../hooks/emulator.h"
#include "config.h"
#include "interpose.h"
#include "self.h"
#include "turnstile.h"

static pthread_cond_t thread_cond = PTHREAD_COND_INITIALIZER, main_cond = PTHREAD_COND_INITIALIZER;

static struct {
	bool exists, open;
	bool waits; /* for work or for readers */
	const uint32_t *word; /* it waits for as long as this holds the value; NULL: it has yet to begin */
	uint32_t value;
} rcu;

/* A futex's word that still has its value, so that whoever waits for it would. */
static bool would_wait(const uint32_t *word, uint32_t value)
{
	return word && __atomic_load_n(word, __ATOMIC_ACQUIRE) == value;
}

/* (locked) The RCU thread can do nothing before that word changes. */
static void begin_wait(const uint32_t *word, uint32_t value)
{
	rcu.word = word;
	rcu.value = value;
	rcu.waits = true;
	real.pthread_cond_signal(&main_cond);
}

/* The RCU thread has nothing to do, or that window is not open. */
static void wait_for_window(const uint32_t *word, uint32_t value)
{
	turnstile_lock();
	begin_wait(word, value);
	while (config.mode != MODE_OFF && (!rcu.open || would_wait(word, value)))
		turnstile_wait(&thread_cond);
	rcu.waits = false;
	turnstile_unlock();
}

static long wait_for_readers(const uint32_t *word, long operation, uint32_t value)
{
	long result;
	int error;

	turnstile_lock();
	begin_wait(word, value);
	turnstile_unlock();
	result = real.syscall(SYS_futex, (long)word, operation, value, 0l, 0l, 0l);
	error = errno;
	turnstile_lock();
	while (config.mode != MODE_OFF && !rcu.open)
		turnstile_wait(&thread_cond);
	rcu.waits = false;
	turnstile_unlock();
	errno = error;
	return result;
}

/* It has done what it can. */
static bool is_idle(void)
{
	return rcu.waits && would_wait(rcu.word, rcu.value);
}

/* Also in a child that goes on (-daemonize): there its condition still has the parent's thread waiting for it. */
void rcu_thread_created(void)
{
	thread_cond = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
	rcu.exists = true;
	rcu.waits = false;
}

void rcu_thread_begins(void)
{
	wait_for_window(NULL, 0);
}

void rcu_window(void)
{
	if (!rcu.exists || config.mode == MODE_OFF)
		return;
	turnstile_lock();
	/* Mostly there is no work, and nobody need be woken for that at each turn. */
	if (!is_idle()) {
		rcu.open = true;
		real.pthread_cond_signal(&thread_cond);
		while (config.mode != MODE_OFF && !is_idle())
			turnstile_wait(&main_cond);
		rcu.open = false;
	}
	turnstile_unlock();
}

void rcu_wake(void)
{
	real.pthread_cond_broadcast(&thread_cond);
	real.pthread_cond_broadcast(&main_cond);
}

bool rcu_has_work(void)
{
	return rcu.exists && !is_idle();
}

static bool is_wait(long number, long operation)
{
	return number == SYS_futex && (operation & FUTEX_CMD_MASK) == FUTEX_WAIT && config.mode != MODE_OFF &&
	       !self.inside;
}

/* Variadic in the C library's header; nothing has more arguments. */
INTERPOSED long syscall(long number, ...)
{
	va_list arguments;
	long a[6];

	va_start(arguments, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(arguments, long);
	va_end(arguments);
	if (self.role == THREAD_RCU && is_wait(number, a[1])) {
		if ((void *)a[0] == emu.rcu_readers)
			return wait_for_readers((const uint32_t *)a[0], a[1], (uint32_t)a[2]);
		wait_for_window((const uint32_t *)a[0], (uint32_t)a[2]);
		if (config.mode != MODE_OFF)
			return 0;
	}
	/* For the RCU thread, if for anybody: util/rcu.c:drain_call_rcu. */
	if (self.role == THREAD_MAIN && is_wait(number, a[1]) && !emu.bql_locked())
		rcu_window();
	return real.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* More work may be added while it is given time, and how much that is would be the host's doing. */
INTERPOSED void g_usleep(unsigned long us);
INTERPOSED void g_usleep(unsigned long us)
{
	if (self.role != THREAD_RCU || config.mode == MODE_OFF)
		real.g_usleep(us);
}
