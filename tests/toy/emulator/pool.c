/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pool.c - the thread pool, step by step as QEMU's util/thread-pool.c.
 *
 * pool_submit() and the bottom halves run with the BQL, in the main thread or the vCPU thread; worker() in the worker
 * threads. Completion callbacks run newest submission first, for whatever is done by then.
 */
#include "toy.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

/* What lies near a pool's start in QEMU does so here: a pool is known by its address. */
static struct pool {
	struct bh *completion_bh;
	pthread_mutex_t lock;
	pthread_cond_t worker_stopped, request_cond;
} pool = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.worker_stopped = PTHREAD_COND_INITIALIZER,
	.request_cond = PTHREAD_COND_INITIALIZER,
};

static struct job *queue, **queue_end = &queue;					  /* of pool.lock */
static unsigned idle, threads, to_create, pending, min_threads, max_threads = 64; /* of pool.lock */
static struct job *all;								  /* of the BQL; newest first */
static struct bh completion_bh, new_thread_bh;

static void *worker(void *unused);

/* (locked) */
static void do_spawn(void)
{
	if (!to_create)
		return;
	to_create--;
	pending++;
	thread_create("worker", worker, &pool);
}

static void spawn_bh(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&pool.lock);
	do_spawn();
	pthread_mutex_unlock(&pool.lock);
}

/* (locked) A thread is made by the main loop, or by one that is being made. */
static void spawn(void)
{
	threads++;
	to_create++;
	if (!pending)
		bh_schedule(&new_thread_bh);
}

/* (locked) Ten seconds at most; returns false then. */
static bool wait_for_job(void)
{
	struct timespec until;
	int result;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 10;
	idle++;
	result = pthread_cond_timedwait(&pool.request_cond, &pool.lock, &until);
	idle--;
	return result != ETIMEDOUT;
}

static void work(struct job *job)
{
	jitter();
	job->result = job->run(job->argument);
	job->state = JOB_DONE;
	bh_schedule(pool.completion_bh);
}

static void *worker(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&pool.lock);
	pending--;
	do_spawn();
	while (threads <= max_threads) {
		struct job *job = queue;

		if (!job) {
			if (!wait_for_job() && !queue && threads > min_threads)
				break;
			continue;
		}
		queue = job->next_queued;
		if (!queue)
			queue_end = &queue;
		job->state = JOB_ACTIVE;
		pthread_mutex_unlock(&pool.lock);
		work(job);
		pthread_mutex_lock(&pool.lock);
	}
	threads--;
	pthread_cond_signal(&pool.worker_stopped);
	pthread_cond_signal(&pool.request_cond);
	pthread_mutex_unlock(&pool.lock);
	return NULL;
}

/* Takes the newest job that is done out of the list. */
static struct job *take_done(void)
{
	for (struct job **link = &all; *link; link = &(*link)->next_all) {
		struct job *job = *link;

		if (job->state != JOB_DONE)
			continue;
		*link = job->next_all;
		return job;
	}
	return NULL;
}

static void complete_bh(void *unused)
{
	struct job *job;

	(void)unused;
	while ((job = take_done())) {
		/* The callback may poll for another one that is done as well. */
		bh_schedule(pool.completion_bh);
		job->done(job->argument, job->result);
		bh_cancel(pool.completion_bh);
	}
}

void pool_init(void)
{
	completion_bh.run = complete_bh;
	pool.completion_bh = &completion_bh;
	new_thread_bh.run = spawn_bh;
}

void *pool_address(void)
{
	return &pool;
}

void pool_submit(struct job *job)
{
	job->state = JOB_QUEUED;
	job->next_all = all;
	all = job;
	pthread_mutex_lock(&pool.lock);
	if (!idle && threads < max_threads)
		spawn();
	job->next_queued = NULL;
	*queue_end = job;
	queue_end = &job->next_queued;
	pthread_mutex_unlock(&pool.lock);
	pthread_cond_signal(&pool.request_cond);
}

void pool_set_size(unsigned min, unsigned max)
{
	pthread_mutex_lock(&pool.lock);
	min_threads = min;
	max_threads = max;
	for (unsigned i = threads; i < min_threads; i++)
		spawn();
	for (unsigned i = threads; i > max_threads; i--)
		pthread_cond_signal(&pool.request_cond);
	pthread_mutex_unlock(&pool.lock);
}
