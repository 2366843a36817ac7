/* SPDX-License-Identifier: GPL-2.0-or-later */
/* request.c - one call of a request. Who calls what: request.h. */
#include "request.h"

#include <errno.h>

#include <xxhash.h>

#include "bounce.h"
#include "clock.h"
#include "config.h"
#include "files.h"
#include "image.h"
#include "message.h"
#include "parts.h"

int64_t request_now_ns(void)
{
	return clock_mono_ns();
}

/* A transfer's memory as parts; `one` is for those that have just one. */
static const struct iovec *parts(const struct call *call, struct iovec *one, int *n)
{
	*one = (struct iovec){ .iov_base = (void *)call->data, .iov_len = call->length };
	*n = call->iov ? call->iovcnt : 1;
	return call->iov ? call->iov : one;
}

void call_begin(struct call *call)
{
	const struct iovec *iov;
	struct iovec one;
	int n;

	if (!call_transfers(call))
		return;
	if (call->iov)
		call->length = parts_length(call->iov, call->iovcnt);
#ifdef RRIO_NO_BOUNCE
	return; /* for the benchmark, which shows what the buffers cost; such a library is no use otherwise */
#endif
	call->bounce = bounce_get(call->length);
	if (!call->bounce) {
		message(MODULE_GATE, MESSAGE_ERROR,
			"no memory for a buffer of %llu bytes: the data of a request may reach the guest early; the "
			"guest goes on, its recording may not replay [no-buffer]",
			(unsigned long long)call->length);
		return;
	}
	iov = parts(call, &one, &n);
	if (call->op == RRJ_WRITE)
		parts_gather(call->bounce, iov, n, call->length);
}

void call_refused(struct call *call, int64_t then)
{
	bool in_one_piece = call->bounce || !call->iov;

	call->refused = then < 0 || (call->op == RRJ_WRITE && in_one_piece && (uint64_t)then < call->length);
	call->then = then;
}

bool call_is_virtual(const struct call *call)
{
	const struct file *from;

	if (!replaying())
		return false;
	if (call->op != RRJ_COPY || call->image)
		return call->image;
	from = file_of(call->from);
	return from && from->image.is;
}

int64_t call_virtually(struct call *call)
{
	if (call->op != RRJ_READ)
		return image_promise(call);
	return call->bounce ? image_read(call->image, call->bounce, (uint64_t)call->offset, call->length) : -ENOMEM;
}

static void land(struct call *call, int64_t result)
{
	const struct iovec *iov;
	struct iovec one;
	int n;

	iov = parts(call, &one, &n);
	if (call->bounce && call->op == RRJ_READ && result > 0)
		parts_scatter(iov, n, call->bounce, (size_t)result);
}

void call_finish(struct call *call, int64_t result)
{
	land(call, result);
	if (result >= 0 && call_is_virtual(call))
		image_change(call->image, call, result);
	bounce_put(call->bounce, call->length);
	call->bounce = NULL;
}

/* Continues a request's checksum over the bytes that one call moved. */
static uint32_t checksum(uint32_t seed, const struct call *call, uint64_t size)
{
	XXH3_state_t state = { 0 };
	const struct iovec *iov;
	struct iovec one;
	int n;

	if (call->bounce)
		return (uint32_t)XXH3_64bits_withSeed(call->bounce, size, seed);
	iov = parts(call, &one, &n);
	XXH3_64bits_reset_withSeed(&state, seed);
	for (int i = 0; i < n && size; i++) {
		uint64_t part = iov[i].iov_len < size ? iov[i].iov_len : size;

		XXH3_64bits_update(&state, iov[i].iov_base, part);
		size -= part;
	}
	return (uint32_t)XXH3_64bits_digest(&state);
}

void request_add(struct rrj_request *request, const struct call *call, int64_t result, int64_t begun_ns)
{
	if (!request->calls) {
		request->op = call->op;
		request->offset = (uint64_t)call->offset;
		request->length = call->length;
	} else if (request->calls <= RRJ_RESULTS) {
		request->results[request->calls - 1] = request->result;
	}
	request->calls++;
	request->result = result;
	if (call_transfers(call) && result > 0 && config.data != RRJ_DATA_NONE)
		request->checksum = checksum(request->checksum, call, (uint64_t)result);
	request->latency_ns = rrj_round_latency(request_now_ns() - begun_ns);
}

bool request_recorded_result(const struct rrj_request *recorded, uint32_t number, int64_t *result)
{
	if (number + 1 == recorded->calls) {
		*result = recorded->result;
		return true;
	}
	if (number + 1 > recorded->calls || recorded->calls - 1 > RRJ_RESULTS)
		return false;
	*result = recorded->results[number];
	return true;
}

int64_t request_result(const struct rrj_request *request, const struct rrj_request *recorded, const struct call *call,
		       int64_t result)
{
	int64_t then;

	if (!recorded || !request_recorded_result(recorded, request->calls, &then))
		return result;
	if (then < 0 || (call_transfers(call) && then < result))
		return then;
	return result;
}
