/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sync.c - mutexes and conditions: where the turnstile and the thread pool learn what a thread is about to do.
 *
 * Every thread of the process comes through here, at any time; those without a role go straight to the original.
 */
#include "config.h"
#include "interpose.h"
#include "job.h"
#include "loops.h"
#include "pool.h"
#include "self.h"
#include "stop.h"
#include "threads.h"
#include "turnstile.h"
#include "vnc.h"

static void before_lock(pthread_mutex_t *mutex)
{
	switch (self.role) {
	case THREAD_VCPU:
		turnstile_before_bql();
		break;
	case THREAD_WORKER:
		job_before_lock(mutex);
		break;
	case THREAD_MAIN:
		threads_learn_bql();
		loops_size_main();
		self.last_locked = mutex;
		break;
	case THREAD_LOOP:
	case THREAD_RCU:
	case THREAD_VNC:
	case THREAD_OTHER:
		break;
	}
}

/* The vCPU thread takes many locks in every slice; of them all, one matters. */
static inline bool lock_matters(const pthread_mutex_t *mutex)
{
	if (self.role == THREAD_VCPU)
		return mutex == threads_bql() && !self.inside;
	return self.role != THREAD_OTHER && !self.inside;
}

/* A function of its own, so that the way past it needs no stack. */
static __attribute__((noinline)) int lock(pthread_mutex_t *mutex)
{
	before_lock(mutex);
	return real.pthread_mutex_lock(mutex);
}

INTERPOSED int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	return lock_matters(mutex) ? lock(mutex) : real.pthread_mutex_lock(mutex);
}

static __attribute__((noinline)) int unlock(pthread_mutex_t *mutex)
{
	if (self.role == THREAD_WORKER)
		job_before_unlock(mutex);
	else if (self.role == THREAD_MAIN)
		threads_learn_bql();
	return real.pthread_mutex_unlock(mutex);
}

INTERPOSED int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	if (self.role == THREAD_OTHER || self.role == THREAD_VCPU || self.inside)
		return real.pthread_mutex_unlock(mutex);
	return unlock(mutex);
}

/* A party's wait for something else than the BQL's holder. */
static int wait_elsewhere(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	if (config.mode == MODE_OFF || self.role == THREAD_LOOP)
		return real.pthread_cond_wait(cond, mutex);
	if (self.role == THREAD_VNC)
		vnc_wait(cond, mutex);
	else if (!vnc_joins(cond, mutex))
		return real.pthread_cond_wait(cond, mutex);
	return 0;
}

INTERPOSED int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	if (!self_is_party())
		return real.pthread_cond_wait(cond, mutex);
	if (mutex != threads_bql() || self.role == THREAD_LOOP || config.mode == MODE_OFF)
		return wait_elsewhere(cond, mutex);
	if (self.role != THREAD_VCPU)
		return turnstile_lend(cond, mutex);
	stop_learn_kick(cond);
	turnstile_idle(mutex);
	return 0;
}

static void before_signal(pthread_cond_t *cond)
{
	turnstile_signals(cond);
	if (self.role == THREAD_WORKER)
		job_signals();
	else
		stop_signals(cond);
}

INTERPOSED int pthread_cond_signal(pthread_cond_t *cond)
{
	int result;

	before_signal(cond);
	if (!self_is_party())
		return real.pthread_cond_signal(cond);
	loops_prepare_main();
	if (pool_submitted(cond))
		return 0;
	result = real.pthread_cond_signal(cond);
	pool_signalled(cond);
	return result;
}

INTERPOSED int pthread_cond_broadcast(pthread_cond_t *cond)
{
	before_signal(cond);
	vnc_signals(cond);
	return real.pthread_cond_broadcast(cond);
}
