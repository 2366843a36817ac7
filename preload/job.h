/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job.h - one job of the block layer's thread pool: submitted, then run from a worker's unlock of the pool's lock to
 * its next lock.
 *
 * QEMU: util/thread-pool.c:worker_thread. A function without a thread's name is called by the worker whose job it is.
 */
#ifndef PRELOAD_JOB_H
#define PRELOAD_JOB_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Main or vCPU thread: it signals a condition. That is how a job is submitted, when it is the one that the workers wait
 * for (util/thread-pool.c:thread_pool_submit_aio).
 */
void job_submitted(const pthread_cond_t *cond);

/* Worker: it waits for a condition with that mutex. */
void job_waits(const pthread_cond_t *cond, const pthread_mutex_t *mutex);

/* Does a worker wait for jobs? From then on every submission is seen as one; the guest must not run before. */
bool job_pool_ready(void);

/* Waits for that, five seconds at most. Main thread. false: none came. */
bool job_await_pool(void);

/* Before a worker locks a mutex: the end of its job, when it is the pool's lock. */
void job_before_lock(pthread_mutex_t *mutex);

/* Before a worker unlocks a mutex, holding it: the start of a job, when it is the pool's lock. */
void job_before_unlock(pthread_mutex_t *mutex);

/* A worker signals a condition. While it holds the pool's lock that means that it leaves the pool. */
void job_signals(void);

/* How many jobs have published without passing a gate. */
uint64_t job_ungated(void);

#endif
