/* SPDX-License-Identifier: GPL-2.0-or-later */
/* engine.c - what Linux AIO and io_uring have in common. Who calls what: engine.h. */
#include "engine.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <time.h>

#include "files.h"
#include "interpose.h"
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
	call_land(&request->call, right);
	call_end(&request->call);
	*done = gate->what;
	done->request.ticket = request->slot.ticket;
	request->complete(request, right);
}

bool engine_begin(struct engine_request *request)
{
	int64_t then = 0;

	self.inside = true;
	request->gate = (struct gate){ .publish = publish, .slot = &request->slot, .loop = self.loop };
	request->gate.what.file = file_of(request->call.fd);
	call_begin(&request->call);
	request->begun_ns = request_now_ns();
	ticket_take(&request->slot, 0, turnstile_icount(),
		    &(struct rrj_request){ .op = request->call.op,
					   .offset = (uint64_t)request->call.offset,
					   .length = request->call.length });
	if (outcome_of(request->slot.ticket, &then))
		call_refused(&request->call, then);
	request->part = (struct iovec){ request->call.bounce, call_size(&request->call) };
	gate_begun();
	if (!call_wanted(&request->call))
		engine_finished(request, then);
	self.inside = false;
	return call_wanted(&request->call);
}

void engine_finished(struct engine_request *request, int64_t result)
{
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
