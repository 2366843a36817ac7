/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * aio.c - io_setup, io_submit, io_destroy: the Linux AIO engine (aio=native).
 *
 * Whoever runs sets up, submits and publishes; a thread for each context waits for the host. QEMU reads the ring that
 * io_setup returns as memory (block/linux-aio.c, struct aio_ring), and is told by the eventfd that each request names.
 * One without an eventfd is a probe (9.2: laio_has_fdsync), which the host answers. What the host refuses to take
 * becomes a completion with that error: when a request fails is then the turn's affair, as with any other.
 */
#include <errno.h>
#include <linux/aio_abi.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config.h"
#include "engine.h"
#include "interpose.h"
#include "message.h"
#include "self.h"

enum { EVENTS = 4097, BATCH = 64 };

/* As the kernel lays it out; then what is ours. */
struct context {
	unsigned id, nr, head, tail;
	unsigned magic, compat_features, incompat_features, header_length;
	struct io_event events[EVENTS];

	aio_context_t host;
	pthread_t thread;
	struct engine_requests requests;
	struct iocb iocbs[EVENTS]; /* the host's, by request */
	struct context *next;
};

_Static_assert(offsetof(struct context, events) == 32, "where block/linux-aio.c looks for them");

static struct context *contexts;

static struct context *find(const void *ring)
{
	struct context *context = contexts;

	while (context && context != ring)
		context = context->next;
	return context;
}

/* ---- the host's completions ---- */

static void *wait_for_host(void *argument)
{
	struct context *context = argument;
	struct io_event events[BATCH];

	for (;;) {
		long n = syscall(SYS_io_getevents, context->host, 1, BATCH, events, NULL);

		if (n < 0 && errno != EINTR)
			return NULL; /* the context is gone */
		for (long i = 0; i < n; i++)
			if (events[i].data) /* or else a probe, which nobody waits for */
				engine_finished((struct engine_request *)(uintptr_t)events[i].data, events[i].res);
	}
}

static void complete(struct engine_request *request, int64_t result)
{
	struct context *context = request->ring;
	uint64_t one = 1;

	context->events[context->tail] = (struct io_event){ .obj = request->cookie, .res = result };
	atomic_thread_fence(memory_order_release);
	context->tail = (context->tail + 1) % context->nr;
	if (real.write(request->eventfd, &one, sizeof(one)) < 0)
		message(MODULE_GATE, MESSAGE_ERROR, "a completion's eventfd cannot be written to [aio-eventfd]");
	engine_request_put(&context->requests, request);
}

/* ---- QEMU's calls ---- */

/* The host's side. 0 or -errno, then nothing is left of it. */
static int open_host(struct context *context, int events)
{
	int error = real.io_setup(events, &context->host);

	if (error)
		return error;
	error = engine_requests_init(&context->requests, (unsigned)events);
	if (!error) {
		error = engine_thread(&context->thread, wait_for_host, context);
		if (error)
			engine_requests_free(&context->requests);
	}
	if (error)
		real.io_destroy(context->host);
	return error;
}

static int set_up(int events, struct context **ring)
{
	struct context *context;
	int error;

	if (events < 1 || events >= EVENTS)
		return -EINVAL;
	context = engine_map(sizeof(*context));
	if (!context)
		return -ENOMEM;
	context->nr = EVENTS;
	error = open_host(context, events);
	if (error) {
		munmap(context, sizeof(*context));
		return error;
	}
	context->next = contexts;
	contexts = context;
	*ring = context;
	return 0;
}

INTERPOSED int io_setup(int events, void *ring);
INTERPOSED int io_setup(int events, void *ring)
{
	int result;

	if (!self_is_party() || config.mode == MODE_OFF)
		return real.io_setup(events, ring);
	self.inside = true;
	result = set_up(events, ring);
	self.inside = false;
	return result;
}

static enum rrj_op operation(unsigned opcode)
{
	switch (opcode) {
	case IOCB_CMD_PREAD:
	case IOCB_CMD_PREADV:
		return RRJ_READ;
	case IOCB_CMD_PWRITE:
	case IOCB_CMD_PWRITEV:
		return RRJ_WRITE;
	case IOCB_CMD_FSYNC:
	case IOCB_CMD_FDSYNC:
		return RRJ_FLUSH;
	default:
		return RRJ_OPAQUE;
	}
}

static struct call describe(const struct iocb *iocb)
{
	struct call call = { .fd = (int)iocb->aio_fildes,
			     .op = operation(iocb->aio_lio_opcode),
			     .offset = iocb->aio_offset };

	if (iocb->aio_lio_opcode == IOCB_CMD_PREADV || iocb->aio_lio_opcode == IOCB_CMD_PWRITEV) {
		call.iov = (const struct iovec *)(uintptr_t)iocb->aio_buf;
		call.iovcnt = (int)iocb->aio_nbytes;
	} else {
		call.data = (const void *)(uintptr_t)iocb->aio_buf;
		call.length = iocb->aio_nbytes;
	}
	return call;
}

/* The host may take some at a time. */
static void submit(struct context *context, struct iocb **host, long count)
{
	int tries = 0;

	while (count) {
		int taken = real.io_submit(context->host, count, host);

		if (taken == -EINTR || (taken == -EAGAIN && engine_try_again(&tries)))
			continue;
		if (taken <= 0) {
			engine_finished((struct engine_request *)(uintptr_t)host[0]->aio_data, taken ? taken : -EIO);
			taken = 1;
		}
		host += taken;
		count -= taken;
	}
}

static void hand_over(struct engine_request *list)
{
	struct context *context = list->ring;
	struct iocb *host[EVENTS];
	long n = 0;

	for (struct engine_request *next; list; list = next) {
		next = list->next; /* handed over, it is no more ours */
		host[n++] = &context->iocbs[list - context->requests.first];
		engine_hand_over(list);
	}
	submit(context, host, n);
}

/* The request as the host gets it: our buffer, our cookie, and no eventfd. */
static void begin(struct context *context, const struct iocb *iocb, struct engine_request *request)
{
	struct iocb *host;

	request->call = describe(iocb);
	request->complete = complete;
	request->submit = hand_over;
	request->ring = context;
	request->cookie = (uintptr_t)iocb;
	request->eventfd = (int)iocb->aio_resfd;
	engine_begin(request);
	host = &context->iocbs[request - context->requests.first];
	*host = *iocb;
	host->aio_flags &= ~(uint32_t)IOCB_FLAG_RESFD;
	host->aio_data = (uintptr_t)request;
	if (request->call.bounce) {
		host->aio_lio_opcode = request->call.op == RRJ_READ ? IOCB_CMD_PREADV : IOCB_CMD_PWRITEV;
		host->aio_buf = (uintptr_t)&request->part;
		host->aio_nbytes = 1;
	}
}

INTERPOSED int io_submit(void *ring, long count, void **iocbs);
INTERPOSED int io_submit(void *ring, long count, void **iocbs)
{
	struct context *context = find(ring);
	struct engine_request *request;
	long taken = 0;

	if (!context)
		return real.io_submit((aio_context_t)ring, count, (struct iocb **)iocbs);
	if (count > 0 && !(((struct iocb *)iocbs[0])->aio_flags & IOCB_FLAG_RESFD))
		return real.io_submit(context->host, 1, (struct iocb **)iocbs);
	for (; taken < count && taken < EVENTS && (request = engine_request_get(&context->requests)); taken++) {
		begin(context, iocbs[taken], request);
		engine_pass_on(request);
	}
	engine_submitted();
	return count && !taken ? -EAGAIN : (int)taken;
}

INTERPOSED int io_destroy(void *ring);
INTERPOSED int io_destroy(void *ring)
{
	struct context *context = find(ring), **link = &contexts;

	if (!context)
		return real.io_destroy((aio_context_t)ring);
	while (*link != context)
		link = &(*link)->next;
	*link = context->next;
	real.io_destroy(context->host);
	real.pthread_join(context->thread, NULL);
	engine_requests_free(&context->requests);
	munmap(context, sizeof(*context));
	return 0;
}
