/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job.h - one job of a thread pool of the block layer: submitted, then run from a worker's unlock of the pool's lock to
 * its next lock.
 *
 * QEMU: util/thread-pool.c:worker_thread. A function without a thread's name is called by the worker whose job it is.
 */
#ifndef PRELOAD_JOB_H
#define PRELOAD_JOB_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A new worker of the ThreadPool at that address. */
void job_worker_begins(const void *pool);

/* Before a worker locks a mutex: the end of its job, when it is its pool's lock. */
void job_before_lock(const pthread_mutex_t *mutex);

/* Before a worker unlocks a mutex, holding it: the start of a job, when it is its pool's lock. */
void job_before_unlock(const pthread_mutex_t *mutex);

/* A worker signals a condition. While it holds the pool's lock that means that it leaves the pool. */
void job_signals(void);

/* Recording: a write at the descriptor's place has failed: part of the job when it was to a file. Keeps errno. */
void job_write_failed(int fd);

/* Replay: the write at that place of an image failed when it was recorded. Sets errno. */
bool job_write_fails(off64_t place);

/* How many jobs have published without passing a gate. */
uint64_t job_ungated(void);

/* How many have made more calls than a record has room for the results of, of which one was not the usual. */
uint64_t job_overlong(void);

#endif
