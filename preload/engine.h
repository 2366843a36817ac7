/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine.h - requests that the kernel carries out by itself, for Linux AIO and io_uring (aio.c, uring.c).
 *
 * QEMU reads completions from a ring in memory, without a call. So it is given a ring that rrio owns; the host's own is
 * behind it, with a thread that waits for its completions. They wait at gates, and a turn publishes them.
 */
#ifndef PRELOAD_ENGINE_H
#define PRELOAD_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "request.h"

struct engine_request;

/* (locked) Puts a completion into the ring that QEMU reads, and makes its descriptor readable. */
typedef void engine_complete(struct engine_request *request, int64_t result);

/* Any thread: hands requests to the host, a list of those of one ring. */
typedef void engine_submit(struct engine_request *list);

struct engine_request {
	struct gate gate; /* first: publishing gets its address */
	struct ticket_slot slot;
	struct call call;
	struct iovec part; /* the buffer, for the kernel */
	int64_t begun_ns;
	engine_complete *complete;
	engine_submit *submit;
	void *ring;	/* aio.c's or uring.c's */
	uint64_t cookie; /* what QEMU knows the request by */
	int eventfd;
	struct engine_request *next; /* spare, to be carried out, or to be handed over */
	_Atomic bool handed_over;    /* to the host */
};

/* The requests of one ring: submitting takes one, publishing gives it back (locked). */
struct engine_requests {
	struct engine_request *spare, *first;
	unsigned used, count; /* of the array at `first` */
};

/* Main thread. 0 or -errno. */
int engine_requests_init(struct engine_requests *requests, unsigned count);
void engine_requests_free(struct engine_requests *requests);

/* NULL: all are in use. */
struct engine_request *engine_request_get(struct engine_requests *requests);
void engine_request_put(struct engine_requests *requests, struct engine_request *request);

/*
 * Whoever runs: the request, whose members call, complete, submit, ring and cookie are set, is about to be handed to
 * the host.
 */
void engine_begin(struct engine_request *request);

/*
 * Whoever runs, after that: gives it to whom it is for. None, if the host did nothing of it when it was recorded; a
 * thread of ours, if it needs more than the host: what an image holds is saved before it is changed, and in replay an
 * image is a virtual file. Else the host, at engine_flush().
 */
void engine_pass_on(struct engine_request *request);

/* Whoever runs, behind the last one of a submission: hands them over, unless turnstile_holds(). */
void engine_submitted(void);

/* What turnstile_hand_over() does of that. */
void engine_flush(void);

/*
 * Whoever hands the request to the host, right before, and done with it: only the kernel lies between this thread and
 * the one that it tells of the request's end, and no memory model knows what that orders.
 */
static inline void engine_hand_over(struct engine_request *request)
{
	atomic_store_explicit(&request->handed_over, true, memory_order_release);
}

/* Any thread but one with the turnstile's lock: the host is done with it. result: or -errno. */
void engine_finished(struct engine_request *request, int64_t result);

/* The host takes no request for the moment: waits a little. false: for so long that it is the request that fails. */
bool engine_try_again(int *tries);

/* A thread of ours, with all signals blocked. 0 or -errno. */
int engine_thread(pthread_t *thread, void *(*start)(void *), void *argument);

/* Memory, of zeros; NULL: none. */
void *engine_map(size_t size);

#endif
