/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uring.c - io_uring_queue_init and what works on such a queue: the io_uring engine (aio=io_uring).
 *
 * Whoever runs sets up, submits and publishes; a thread for each ring waits for the host's. liburing's inline functions
 * read and write the queues as memory, so QEMU's struct io_uring is filled with queues of ours. Its descriptor is an
 * eventfd, readable as long as there are completions: QEMU never reads it, so we do (uring_drained).
 */
#include "uring.h"

#include <errno.h>
#include <liburing.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../hooks/emulator.h"
#include "config.h"
#include "engine.h"
#include "interpose.h"
#include "message.h"
#include "self.h"

/* Entries, powers of two: so many completions as there can be requests; and as many submissions as QEMU may ask for. */
enum { COMPLETIONS = 4096, SUBMISSIONS_MAX = 4096 };

struct ring {
	struct io_uring *guest; /* QEMU's */
	struct io_uring host;
	pthread_mutex_t lock; /* of the host's submissions */
	pthread_t thread;
	struct engine_requests requests;
	struct io_uring_sqe asked[COMPLETIONS]; /* by request, as QEMU has it */
	struct {
		unsigned head, tail, flags, dropped, mask, entries;
		unsigned array[SUBMISSIONS_MAX];
		struct io_uring_sqe sqes[SUBMISSIONS_MAX];
	} sq;
	struct {
		unsigned head, tail, flags, overflow, mask, entries;
		struct io_uring_cqe cqes[COMPLETIONS];
	} cq;
	bool readable;
	struct ring *next;
};

static struct ring *rings;

static struct ring *find(const struct io_uring *guest)
{
	struct ring *ring = rings;

	while (ring && ring->guest != guest)
		ring = ring->next;
	return ring;
}

/* ---- the host's completions ---- */

/* Its cookie: no request, but the end of the ring. */
enum { STOP = 0 };

static void *wait_for_host(void *argument)
{
	struct ring *ring = argument;

	for (;;) {
		struct io_uring_cqe *cqe;
		struct engine_request *request;
		int result, error = real.__io_uring_get_cqe(&ring->host, &cqe, 0, 1, NULL);

		if (error == -EINTR || error == -EAGAIN)
			continue;
		if (error || cqe->user_data == STOP)
			return NULL;
		request = (struct engine_request *)(uintptr_t)cqe->user_data;
		result = cqe->res;
		io_uring_cqe_seen(&ring->host, cqe);
		engine_finished(request, result);
	}
}

static void complete(struct engine_request *request, int64_t result)
{
	struct ring *ring = request->ring;
	uint64_t one = 1;

	ring->cq.cqes[ring->cq.tail & ring->cq.mask] =
		(struct io_uring_cqe){ .user_data = request->cookie, .res = (int32_t)result };
	io_uring_smp_store_release(&ring->cq.tail, ring->cq.tail + 1);
	if (!ring->readable && real.write(ring->guest->ring_fd, &one, sizeof(one)) < 0)
		message(MODULE_GATE, MESSAGE_ERROR, "a ring's eventfd cannot be written to [uring-eventfd]");
	ring->readable = true;
	engine_request_put(&ring->requests, request);
}

void uring_drained(void)
{
	for (struct ring *ring = rings; ring; ring = ring->next) {
		uint64_t count;

		if (!ring->readable || ring->cq.head != ring->cq.tail)
			continue;
		ring->readable = false;
		while (real.read(ring->guest->ring_fd, &count, sizeof(count)) < 0 && errno == EINTR)
			;
	}
}

/* ---- handing over ---- */

/*
 * What was prepared and the host does not take goes back: each request becomes a completion with that error. Without a
 * thread of the kernel's that submits (IORING_SETUP_SQPOLL), it looks at the queue in its system call alone.
 */
static void take_back(struct ring *ring, int error)
{
	struct io_uring_sq *sq = &ring->host.sq;

	for (unsigned i = *sq->khead; i != sq->sqe_tail; i++) {
		const struct io_uring_sqe *sqe = &sq->sqes[i & sq->ring_mask];

		if (sqe->user_data == STOP)
			message_end(STATUS_BUG, "io_uring does not end: %s; use aio=threads [uring-end]", strerror(-error));
		engine_finished((struct engine_request *)(uintptr_t)sqe->user_data, error);
	}
	*sq->ktail = sq->sqe_head = sq->sqe_tail = *sq->khead;
}

/* (ring->lock) Returns when the host has taken everything that was prepared; it may do so in parts. */
static void flush(struct ring *ring)
{
	int tries = 0;

	while (io_uring_sq_ready(&ring->host)) {
		int result = real.io_uring_submit(&ring->host);

		if (result > 0 || result == -EINTR)
			continue;
		if ((!result || result == -EAGAIN || result == -EBUSY) && engine_try_again(&tries))
			continue;
		take_back(ring, result ? result : -EIO);
	}
}

static struct io_uring_sqe *next_sqe(struct ring *ring)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->host);

	if (sqe)
		return sqe;
	flush(ring);
	return io_uring_get_sqe(&ring->host);
}

/* ---- setting up ---- */

/* What liburing's io_uring_queue_init leaves in it, with our memory. */
static void fill(struct io_uring *guest, struct ring *ring, unsigned entries, int fd)
{
	ring->sq.entries = entries;
	ring->sq.mask = entries - 1;
	ring->cq.entries = COMPLETIONS;
	ring->cq.mask = COMPLETIONS - 1;
	memset(guest, 0, sizeof(*guest));
	guest->sq = (struct io_uring_sq){ .khead = &ring->sq.head,
					  .ktail = &ring->sq.tail,
					  .kring_mask = &ring->sq.mask,
					  .kring_entries = &ring->sq.entries,
					  .kflags = &ring->sq.flags,
					  .kdropped = &ring->sq.dropped,
					  .array = ring->sq.array,
					  .sqes = ring->sq.sqes,
					  .ring_mask = entries - 1,
					  .ring_entries = entries };
	guest->cq = (struct io_uring_cq){ .khead = &ring->cq.head,
					  .ktail = &ring->cq.tail,
					  .kring_mask = &ring->cq.mask,
					  .kring_entries = &ring->cq.entries,
					  .kflags = &ring->cq.flags,
					  .koverflow = &ring->cq.overflow,
					  .cqes = ring->cq.cqes,
					  .ring_mask = COMPLETIONS - 1,
					  .ring_entries = COMPLETIONS };
	/* With it, no value of user_data is special to liburing. */
	guest->features = IORING_FEAT_EXT_ARG;
	guest->ring_fd = guest->enter_ring_fd = fd;
}

static unsigned power_of_two(unsigned entries)
{
	unsigned power = 1;

	while (power < entries)
		power *= 2;
	return power;
}

/* The host's side. 0 or -errno, then nothing is left of it. */
static int open_host(struct ring *ring, unsigned entries)
{
	int error = real.io_uring_queue_init(entries, &ring->host, 0);

	if (error)
		return error;
	pthread_mutex_init(&ring->lock, NULL);
	error = engine_requests_init(&ring->requests, COMPLETIONS);
	if (!error) {
		error = engine_thread(&ring->thread, wait_for_host, ring);
		if (error)
			engine_requests_free(&ring->requests);
	}
	if (error)
		real.io_uring_queue_exit(&ring->host);
	return error;
}

static int set_up(unsigned entries, struct io_uring *guest)
{
	struct ring *ring;
	int fd, error;

	if (!entries || entries > SUBMISSIONS_MAX)
		return -EINVAL;
	ring = engine_map(sizeof(*ring));
	if (!ring)
		return -ENOMEM;
	fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	error = fd < 0 ? -errno : open_host(ring, entries);
	if (error) {
		if (fd >= 0)
			close(fd);
		munmap(ring, sizeof(*ring));
		errno = -error; /* which luring_init reports */
		return error;
	}
	fill(guest, ring, power_of_two(entries), fd);
	ring->guest = guest;
	ring->next = rings;
	rings = ring;
	return 0;
}

/* Does this lie in luring_init? That has 368 bytes in 7.2; other files' functions are further away. block/io_uring.c */
static bool is_engine(const void *address)
{
	enum { SIZE = 1024 };

	return emu.luring_init && (uintptr_t)address - (uintptr_t)emu.luring_init < SIZE;
}

/*
 * Two callers: the block layer's engine, and every AioContext, which goes on with ppoll when there is no io_uring
 * (util/fdmon-io_uring.c:fdmon_io_uring_setup); so it does here. From 10.2 on the engine uses the AioContext's ring,
 * and with it goes aio=io_uring.
 */
INTERPOSED int io_uring_queue_init(unsigned entries, struct io_uring *ring, unsigned flags)
{
	int result;

	if (!self_is_party() || config.mode == MODE_OFF)
		return real.io_uring_queue_init(entries, ring, flags);
	if (!is_engine(__builtin_return_address(0)))
		return -ENOSYS;
	self.inside = true;
	result = set_up(entries, ring);
	self.inside = false;
	return result;
}

INTERPOSED void io_uring_queue_exit(struct io_uring *guest)
{
	struct ring *ring = find(guest), **link = &rings;
	struct io_uring_sqe *sqe;

	if (!ring) {
		real.io_uring_queue_exit(guest);
		return;
	}
	while (*link != ring)
		link = &(*link)->next;
	*link = ring->next;
	real.pthread_mutex_lock(&ring->lock);
	sqe = next_sqe(ring);
	io_uring_prep_nop(sqe);
	sqe->user_data = STOP;
	flush(ring);
	real.pthread_mutex_unlock(&ring->lock);
	real.pthread_join(ring->thread, NULL);
	real.io_uring_queue_exit(&ring->host);
	engine_requests_free(&ring->requests);
	close(guest->ring_fd);
	munmap(ring, sizeof(*ring));
}

/* ---- submitting ---- */

static struct call describe(const struct io_uring_sqe *sqe)
{
	struct call call = { .fd = sqe->fd, .offset = (off64_t)sqe->off };

	switch (sqe->opcode) {
	case IORING_OP_READV:
	case IORING_OP_WRITEV:
		call.op = sqe->opcode == IORING_OP_READV ? RRJ_READ : RRJ_WRITE;
		call.iov = (const struct iovec *)(uintptr_t)sqe->addr;
		call.iovcnt = (int)sqe->len;
		break;
	case IORING_OP_READ:
	case IORING_OP_WRITE:
		call.op = sqe->opcode == IORING_OP_READ ? RRJ_READ : RRJ_WRITE;
		call.data = (const void *)(uintptr_t)sqe->addr;
		call.length = sqe->len;
		break;
	case IORING_OP_FSYNC:
		call.op = RRJ_FLUSH;
		call.offset = 0;
		break;
	default:
		call.op = RRJ_OPAQUE;
	}
	return call;
}

/* (ring->lock) */
static void prepare(struct ring *ring, struct engine_request *request)
{
	struct io_uring_sqe *host = next_sqe(ring);

	*host = ring->asked[request - ring->requests.first];
	host->user_data = (uintptr_t)request;
	if (request->call.bounce) {
		host->opcode = request->call.op == RRJ_READ ? IORING_OP_READV : IORING_OP_WRITEV;
		host->addr = (uintptr_t)&request->part;
		host->len = 1;
	}
	engine_hand_over(request);
}

static void hand_over(struct engine_request *list)
{
	struct ring *ring = list->ring;

	real.pthread_mutex_lock(&ring->lock);
	for (struct engine_request *next; list; list = next) {
		next = list->next; /* handed over, it is no more ours */
		prepare(ring, list);
	}
	flush(ring);
	real.pthread_mutex_unlock(&ring->lock);
}

static void begin(struct ring *ring, const struct io_uring_sqe *sqe, struct engine_request *request)
{
	ring->asked[request - ring->requests.first] = *sqe;
	request->call = describe(sqe);
	request->complete = complete;
	request->submit = hand_over;
	request->ring = ring;
	request->cookie = sqe->user_data;
	engine_begin(request);
}

static int submit(struct ring *ring)
{
	struct io_uring_sq *sq = &ring->guest->sq;
	struct engine_request *request;
	int begun = 0;

	for (; ring->sq.head != sq->sqe_tail && (request = engine_request_get(&ring->requests)); begun++) {
		begin(ring, &ring->sq.sqes[ring->sq.head++ & ring->sq.mask], request);
		engine_pass_on(request);
	}
	sq->sqe_head = ring->sq.head;
	engine_submitted();
	return begun;
}

INTERPOSED int io_uring_submit(struct io_uring *guest)
{
	struct ring *ring = find(guest);

	return ring ? submit(ring) : real.io_uring_submit(guest);
}

INTERPOSED int io_uring_submit_and_wait(struct io_uring *guest, unsigned count)
{
	struct ring *ring = find(guest);

	return ring ? submit(ring) : real.io_uring_submit_and_wait(guest, count);
}

/* ---- looking ---- */

INTERPOSED int __io_uring_get_cqe(struct io_uring *guest, struct io_uring_cqe **cqe, unsigned count, unsigned wait,
				  sigset_t *mask)
{
	struct ring *ring = find(guest);

	if (!ring)
		return real.__io_uring_get_cqe(guest, cqe, count, wait, mask);
	*cqe = ring->cq.head == ring->cq.tail ? NULL : &ring->cq.cqes[ring->cq.head & ring->cq.mask];
	return *cqe ? 0 : -EAGAIN;
}

INTERPOSED int io_uring_get_events(struct io_uring *guest);
INTERPOSED int io_uring_get_events(struct io_uring *guest)
{
	return find(guest) ? 0 : real.io_uring_get_events(guest);
}
