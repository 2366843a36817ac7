/* SPDX-License-Identifier: GPL-2.0-or-later */
/* engine.c - what Linux AIO and io_uring have in common. Who calls what: engine.h. */
#include "engine.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <time.h>

#include "config.h"
#include "files.h"
#include "image.h"
#include "interpose.h"
#include "message.h"
#include "outcome.h"
#include "self.h"
#include "turnstile.h"

enum { STACK = 256 << 10, TRIES = 10000, PAUSE_NS = 100000 };

void *engine_map(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

int engine_requests_init(struct engine_requests *requests, unsigned count)
{
	*requests = (struct engine_requests){ .count = count };
	requests->first = engine_map(count * sizeof(struct engine_request));
	turnstile_engine_made();
	return requests->first ? 0 : -ENOMEM;
}

void engine_requests_free(struct engine_requests *requests)
{
	munmap(requests->first, requests->count * sizeof(struct engine_request));
}

struct engine_request *engine_request_get(struct engine_requests *requests)
{
	struct engine_request *request;

	/* A recording that has been given up publishes in any thread (gate_open). */
	turnstile_lock();
	request = requests->spare;
	if (request)
		requests->spare = request->next;
	else if (requests->used < requests->count)
		request = &requests->first[requests->used++];
	turnstile_unlock();
	if (request)
		*request = (struct engine_request){ 0 };
	return request;
}

void engine_request_put(struct engine_requests *requests, struct engine_request *request)
{
	request->next = requests->spare;
	requests->spare = request;
}

static void publish(struct gate *gate, const struct rrj_request *recorded, struct gate_request *done)
{
	struct engine_request *request = (struct engine_request *)gate;
	int64_t result = gate->what.request.result, right;

	right = request_result(&(struct rrj_request){ 0 }, recorded, &request->call, result);
	if (right != result) {
		gate->what.request = (struct rrj_request){ 0 };
		request_add(&gate->what.request, &request->call, right, request->begun_ns);
	}
	call_finish(&request->call, right);
	if (done) {
		*done = gate->what;
		done->request.ticket = request->slot.ticket;
	}
	request->complete(request, right);
}

void engine_begin(struct engine_request *request)
{
	struct file *file;
	int64_t then = 0;

	self.inside = true;
	request->gate = (struct gate){ .publish = publish, .slot = &request->slot, .loop = self.loop };
	file = file_of(request->call.fd);
	request->gate.what.file = file;
	request->call.image = file && file->image.is ? &file->image : NULL;
	call_begin(&request->call);
	request->begun_ns = request_now_ns();
	ticket_take(&request->slot, 0, turnstile_icount(),
		    &(struct rrj_request){ .op = request->call.op,
					   .offset = (uint64_t)request->call.offset,
					   .length = request->call.length });
	if (!call_is_virtual(&request->call) && outcome_of(request->slot.ticket, &then))
		call_refused(&request->call, then);
	request->part = (struct iovec){ request->call.bounce, call_size(&request->call) };
	gate_begun();
	self.inside = false;
}

void engine_finished(struct engine_request *request, int64_t result)
{
	(void)atomic_load_explicit(&request->handed_over, memory_order_acquire); /* engine_hand_over() */
	request_add(&request->gate.what.request, &request->call, result, request->begun_ns);
	turnstile_lock();
	gate_arrive(&request->gate);
	turnstile_unlock();
}

bool engine_try_again(int *tries)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };

	if (*tries == TRIES)
		return false;
	++*tries;
	nanosleep(&pause, NULL);
	return true;
}

/* In their order. */
struct queue {
	struct engine_request *first, *last;
};

static void append(struct queue *queue, struct engine_request *request)
{
	request->next = NULL;
	if (queue->first)
		queue->last->next = request;
	else
		queue->first = request;
	queue->last = request;
}

/* ---- requests that need more than the host ---- */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more;
	bool has_thread;
	pthread_t thread;
	struct queue queue;
} carried = { .lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER };

static struct engine_request *next_carried(void)
{
	struct engine_request *request;

	real.pthread_mutex_lock(&carried.lock);
	while (!carried.queue.first)
		real.pthread_cond_wait(&carried.more, &carried.lock);
	request = carried.queue.first;
	carried.queue.first = request->next;
	request->next = NULL;
	real.pthread_mutex_unlock(&carried.lock);
	return request;
}

static void *carry(void *unused)
{
	(void)unused;
	self.inside = true;
	for (;;) {
		struct engine_request *request = next_carried();

		if (call_is_virtual(&request->call)) {
			engine_finished(request, call_virtually(&request->call));
		} else {
			image_save(request->call.image, &request->call);
			request->submit(request);
		}
	}
	return NULL;
}

static void hand_to_thread(struct engine_request *request)
{
	real.pthread_mutex_lock(&carried.lock);
	if (!carried.has_thread && engine_thread(&carried.thread, carry, NULL) < 0)
		message_end(STATUS_TRY_AGAIN, "no thread for disk requests can be made [no-thread]");
	carried.has_thread = true;
	append(&carried.queue, request);
	real.pthread_cond_signal(&carried.more);
	real.pthread_mutex_unlock(&carried.lock);
}

/* ---- to the host ---- */

/* The calling thread's. */
static __thread struct queue held __attribute__((tls_model("initial-exec")));

/* Cuts the requests of the first one's ring off. */
static struct engine_request *of_one_ring(struct engine_request *list)
{
	struct engine_request *rest;

	while (list->next && list->next->ring == list->ring)
		list = list->next;
	rest = list->next;
	list->next = NULL;
	return rest;
}

void engine_flush(void)
{
	while (held.first) {
		struct engine_request *list = held.first;

		held.first = of_one_ring(list);
		list->submit(list);
	}
}

void engine_submitted(void)
{
	if (!turnstile_holds())
		engine_flush();
}

void engine_pass_on(struct engine_request *request)
{
	const struct call *call = &request->call;

	self.inside = true;
	if (!call_wanted(call))
		engine_finished(request, call->then);
	else if (!call_is_virtual(call) && (!call->image || !recording() || image_is_safe(call->image, call)))
		append(&held, request);
	else
		hand_to_thread(request);
	self.inside = false;
}

int engine_thread(pthread_t *thread, void *(*start)(void *), void *argument)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	int error = pthread_attr_init(&attributes);

	if (error)
		return -error;
	pthread_attr_setstacksize(&attributes, STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = real.pthread_create(thread, &attributes, start, argument);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return -error;
}
