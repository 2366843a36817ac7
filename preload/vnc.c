/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vnc.c - the windows of the thread that draws for VNC clients. Who calls what: vnc.h.
 *
 * ui/vnc-jobs.c:vnc_worker_thread_loop waits for one condition, which whoever gives it work signals, and by which it
 * tells vnc_jobs_join that a job is done. It touches no guest: what it encodes is a copy that the main loop has made of
 * the screen, and it takes no lock that anybody holds for longer than a moment. Under the turnstile's lock; nothing
 * fails.
 */
#include "vnc.h"

#include <stdatomic.h>

#include "config.h"
#include "interpose.h"
#include "self.h"
#include "turnstile.h"

static pthread_cond_t thread_cond = PTHREAD_COND_INITIALIZER, others_cond = PTHREAD_COND_INITIALIZER;

static struct {
	const pthread_cond_t *_Atomic cond; /* that it waits for; NULL: there is no such thread */
	bool open, waits;
	bool work; /* of whoever runs: has been given since the last window */
} vnc;

void vnc_await_thread(void)
{
	turnstile_lock();
	while (!vnc.waits && config.mode != MODE_OFF)
		turnstile_wait(&others_cond);
	turnstile_unlock();
}

/* It looks at its work whenever it returns from here. */
void vnc_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	real.pthread_mutex_unlock(mutex);
	turnstile_lock();
	vnc.cond = cond;
	vnc.waits = true;
	real.pthread_cond_broadcast(&others_cond);
	while (!vnc.open && config.mode != MODE_OFF)
		turnstile_wait(&thread_cond);
	vnc.open = false;
	vnc.waits = false;
	turnstile_unlock();
	real.pthread_mutex_lock(mutex);
}

static bool is_its(const pthread_cond_t *cond)
{
	return atomic_load_explicit(&vnc.cond, memory_order_relaxed) == cond && self.role != THREAD_VNC &&
	       config.mode != MODE_OFF;
}

void vnc_signals(const pthread_cond_t *cond)
{
	if (is_its(cond))
		vnc.work = true;
}

static void open_window(void)
{
	vnc.work = false;
	turnstile_lock();
	vnc.open = true;
	real.pthread_cond_signal(&thread_cond);
	while ((vnc.open || !vnc.waits) && config.mode != MODE_OFF)
		turnstile_wait(&others_cond);
	turnstile_unlock();
}

bool vnc_joins(const pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	if (!is_its(cond))
		return false;
	real.pthread_mutex_unlock(mutex);
	open_window();
	real.pthread_mutex_lock(mutex);
	return true;
}

void vnc_window(void)
{
	if (vnc.work && config.mode != MODE_OFF)
		open_window();
}

void vnc_wake(void)
{
	real.pthread_cond_broadcast(&thread_cond);
	real.pthread_cond_broadcast(&others_cond);
}
