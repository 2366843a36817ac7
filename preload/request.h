/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * request.h - one call of a request: what it transfers, what becomes of it, how that is described in the journal.
 *
 * The same for every engine. A request belongs to the thread that carries it out until it waits at its gate, then to
 * whoever holds the turn. No lock; errno may change.
 */
#ifndef PRELOAD_REQUEST_H
#define PRELOAD_REQUEST_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "gate.h"

struct image;

struct call {
	int fd;
	struct image *image; /* NULL: it is of none */
	enum rrj_op op;
	off64_t offset;
	uint64_t length;
	const void *data;	 /* of a transfer: its memory, */
	const struct iovec *iov; /* or parts of it */
	int iovcnt;
	void *bounce; /* what stands for that memory, or NULL */
	bool refused; /* replay: the host did it only in part then, or not at all: */
	int64_t then; /* its result */
	int mode;     /* of an allocation */
	bool says_error; /* it returns an error's number, and sets no errno */
	int from;     /* of a copy: where it comes from, and the offsets that move on */
	off64_t *from_at, *to_at;
};

static inline bool call_transfers(const struct call *call)
{
	return call->op == RRJ_READ || call->op == RRJ_WRITE;
}

/* Gives a transfer a buffer, with a write's data in it, and fills in its length. Without memory it has none. */
void call_begin(struct call *call);

/* Replay: what it returned when it was recorded, where that limits what may be done now of one that is not virtual. */
void call_refused(struct call *call, int64_t then);

/* May it be made at all? */
static inline bool call_wanted(const struct call *call)
{
	return !call->refused || call->then > 0;
}

/* How many bytes it is to transfer. */
static inline uint64_t call_size(const struct call *call)
{
	return call->refused ? (uint64_t)call->then : call->length;
}

/*
 * Is it carried out on the virtual file that an image is in replay? Then call_virtually() takes the place of the host's
 * call: bytes, 0 or -errno. What it changes happens in call_finish().
 */
bool call_is_virtual(const struct call *call);
int64_t call_virtually(struct call *call);

/* It returns this: what it has read goes to the guest. The buffer is given back. */
void call_finish(struct call *call, int64_t result);

/* Adds one call, which began at that time of the host's monotonic clock, and its result (or -errno). */
void request_add(struct rrj_request *request, const struct call *call, int64_t result, int64_t begun_ns);

/* What the recorded request's call of that number returned; false: that is not known. */
bool request_recorded_result(const struct rrj_request *recorded, uint32_t number, int64_t *result);

/*
 * Replay: the result that the next call of this request has to have, given what the host says now: a recorded error or
 * short transfer is repeated, since it was the host's then, and need not be now. recorded: NULL when recording.
 */
int64_t request_result(const struct rrj_request *request, const struct rrj_request *recorded, const struct call *call,
		       int64_t result);

/* CLOCK_MONOTONIC of the host. */
int64_t request_now_ns(void);

#endif
