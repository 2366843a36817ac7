// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * delta.c - turns and requests, written as what is not as the one before suggests, and the state that this needs.
 *
 * Owns nothing but the encoding. Any thread; no allocation, no system call. What cannot be read sets `bad` in the
 * input.
 */
#include "delta.h"

#include <string.h>

/*
 * A turn's first number: its kind, whether the clocks have moved against each other, how many requests follow. No kind:
 * it follows, with the loop, as a number of its own.
 */
enum { KIND_MASK = 7, SHIFTED = 8, RELEASES_SHIFT = 4, LOOP_SHIFT = 3 };

/* A request's first byte: what is not as the request before it suggests, and therefore follows. */
enum {
	OTHER_FILE = 1,
	OTHER_OP = 2,
	OTHER_TICKET = 4,
	OTHER_OFFSET = 8,
	OTHER_LENGTH = 16,
	OTHER_RESULT = 32, /* or number of calls */
	CHECKSUM = 64,
	EARLIER_RESULTS = 128,
	ALL_SHAPES = 255,
};

static uint8_t *put_delta(uint8_t *out, uint64_t value, uint64_t base)
{
	return rrj_put_varint(out, rrj_zigzag(value - base));
}

static uint64_t get_delta(struct rrj_in *in, uint64_t base)
{
	return base + rrj_unzigzag(rrj_get_varint(in));
}

/* The digests behind a turn's other values: as many as are needed for the last one that there is. */
static uint8_t *put_digests(uint8_t *out, const struct rrj_turn *turn)
{
	const uint32_t digests[] = { turn->trail, turn->registers, turn->memory };
	int n = turn->memory ? 3 : turn->registers ? 2 : turn->trail ? 1 : 0;

	for (int i = 0; i < n; i++)
		out = rrj_put_u32(out, digests[i]);
	return out;
}

static uint32_t get_digest(struct rrj_in *in)
{
	return in->end - in->p >= 4 ? rrj_get_u32(in) : 0;
}

uint8_t *rrj_turn_put(uint8_t *out, const struct rrj_turn *turn, struct rrj_delta *delta)
{
	uint64_t shift = (uint64_t)turn->real_ns - (uint64_t)turn->mono_ns;
	bool shifted = shift != delta->shift;

	out = rrj_put_varint(out, (uint64_t)turn->releases << RELEASES_SHIFT | (shifted ? SHIFTED : 0) |
					  (turn->loop ? 0 : turn->kind));
	if (turn->loop)
		out = rrj_put_varint(out, (uint64_t)turn->loop << LOOP_SHIFT | turn->kind);
	out = put_delta(out, (uint64_t)turn->icount, delta->icount);
	out = put_delta(out, (uint64_t)turn->mono_ns, delta->mono);
	if (shifted)
		out = put_delta(out, shift, delta->shift);
	out = put_digests(out, turn);
	delta->seq++;
	delta->icount = (uint64_t)turn->icount;
	delta->mono = (uint64_t)turn->mono_ns;
	delta->shift = shift;
	return out;
}

void rrj_turn_get(struct rrj_in *in, struct rrj_turn *turn, struct rrj_delta *delta)
{
	uint64_t shape = rrj_get_upto(in, (uint64_t)UINT32_MAX << RELEASES_SHIFT | ((1 << RELEASES_SHIFT) - 1));
	uint64_t who = shape & KIND_MASK;

	if (!who) {
		who = rrj_get_upto(in, (uint64_t)UINT32_MAX << LOOP_SHIFT | KIND_MASK);
		in->bad |= who <= KIND_MASK; /* only one way to write it */
	}
	delta->seq++;
	delta->icount = get_delta(in, delta->icount);
	delta->mono = get_delta(in, delta->mono);
	if (shape & SHIFTED)
		delta->shift = get_delta(in, delta->shift);
	in->bad |= (who & KIND_MASK) < RRJ_SLICE || (who & KIND_MASK) > RRJ_NESTED;
	*turn = (struct rrj_turn){
		.seq = delta->seq,
		.kind = (enum rrj_kind)(who & KIND_MASK),
		.loop = (uint32_t)(who >> LOOP_SHIFT),
		.icount = (int64_t)delta->icount,
		.mono_ns = (int64_t)delta->mono,
		.real_ns = (int64_t)(delta->mono + delta->shift),
		.releases = (uint32_t)(shape >> RELEASES_SHIFT),
	};
	turn->trail = get_digest(in);
	turn->registers = get_digest(in);
	turn->memory = get_digest(in);
}

/* The result of a request of which nothing special can be said. */
static int64_t usual_result(enum rrj_op op, uint64_t length)
{
	return op == RRJ_READ || op == RRJ_WRITE || op == RRJ_COPY ? (int64_t)length : 0;
}

/* Lengths are mostly multiples of a sector, so these are written in sectors: the low bit tells. */
static uint64_t pack_length(uint64_t length)
{
	return length % 512 ? length << 1 | 1 : length / 512 << 1;
}

static uint8_t *put_length(uint8_t *out, uint64_t length)
{
	if (length >> 63) { /* no room for the low bit: a marker that no length yields */
		*out++ = 1;
		return rrj_put_varint(out, length);
	}
	return rrj_put_varint(out, pack_length(length));
}

static uint64_t get_length(struct rrj_in *in)
{
	uint64_t packed = rrj_get_varint(in);

	if (packed == 1)
		return rrj_get_varint(in);
	return packed & 1 ? packed >> 1 : (packed >> 1) * 512;
}

static void request_keep(struct rrj_delta *delta, const struct rrj_request *request)
{
	delta->ticket = request->ticket;
	delta->file = request->file;
	delta->op = request->op;
	delta->next_offset = request->offset + request->length;
	delta->length = request->length;
}

static bool has_earlier_results(const struct rrj_request *request)
{
	return request->calls > 1 && request->calls - 1 <= RRJ_RESULTS;
}

static unsigned request_shape(const struct rrj_request *request, const struct rrj_delta *delta)
{
	bool usual = request->calls == 1 && request->result == usual_result(request->op, request->length);

	return (request->file != delta->file ? OTHER_FILE : 0) | (request->op != delta->op ? OTHER_OP : 0) |
	       (request->ticket != delta->ticket + 1 ? OTHER_TICKET : 0) |
	       (request->offset != delta->next_offset ? OTHER_OFFSET : 0) |
	       (request->length != delta->length ? OTHER_LENGTH : 0) | (usual ? 0 : OTHER_RESULT) |
	       (request->checksum ? CHECKSUM : 0) | (has_earlier_results(request) ? EARLIER_RESULTS : 0);
}

uint8_t *rrj_request_put(uint8_t *out, const struct rrj_request *request, struct rrj_delta *delta)
{
	unsigned shape = request_shape(request, delta);

	out = rrj_put_varint(out, shape);
	if (shape & OTHER_FILE)
		out = rrj_put_varint(out, request->file);
	if (shape & OTHER_OP)
		out = rrj_put_varint(out, request->op);
	if (shape & OTHER_TICKET)
		out = put_delta(out, request->ticket, delta->ticket + 1);
	if (shape & OTHER_OFFSET)
		out = put_delta(out, request->offset, delta->next_offset);
	if (shape & OTHER_LENGTH)
		out = put_length(out, request->length);
	if (shape & OTHER_RESULT) {
		out = rrj_put_varint(out, request->calls);
		out = rrj_put_varint(out, rrj_zigzag((uint64_t)request->result));
	}
	if (shape & CHECKSUM)
		out = rrj_put_u32(out, request->checksum);
	for (uint32_t i = 0; shape & EARLIER_RESULTS && i + 1 < request->calls; i++)
		out = rrj_put_varint(out, rrj_zigzag((uint64_t)request->results[i]));
	out = put_delta(out, delta->icount, (uint64_t)request->submit_icount);
	out = rrj_put_varint(out, rrj_zigzag((uint64_t)request->latency_ns));
	if (request->stack)
		out = rrj_put_varint(out, request->stack);
	request_keep(delta, request);
	return out;
}

void rrj_request_get(struct rrj_in *in, struct rrj_request *request, struct rrj_delta *delta)
{
	uint64_t shape = rrj_get_upto(in, ALL_SHAPES);

	request->file = (uint32_t)(shape & OTHER_FILE ? rrj_get_upto(in, UINT32_MAX) : delta->file);
	request->op = (enum rrj_op)(shape & OTHER_OP ? rrj_get_upto(in, RRJ_COMPUTE) : delta->op);
	in->bad |= request->op < RRJ_READ;
	request->ticket = shape & OTHER_TICKET ? get_delta(in, delta->ticket + 1) : delta->ticket + 1;
	request->offset = shape & OTHER_OFFSET ? get_delta(in, delta->next_offset) : delta->next_offset;
	request->length = shape & OTHER_LENGTH ? get_length(in) : delta->length;
	request->calls = shape & OTHER_RESULT ? (uint32_t)rrj_get_upto(in, UINT32_MAX) : 1;
	request->result = shape & OTHER_RESULT ? (int64_t)rrj_unzigzag(rrj_get_varint(in))
					       : usual_result(request->op, request->length);
	request->checksum = shape & CHECKSUM ? rrj_get_u32(in) : 0;
	memset(request->results, 0, sizeof(request->results));
	in->bad |= shape & EARLIER_RESULTS && !has_earlier_results(request);
	for (uint32_t i = 0; shape & EARLIER_RESULTS && !in->bad && i + 1 < request->calls; i++)
		request->results[i] = (int64_t)rrj_unzigzag(rrj_get_varint(in));
	request->submit_icount = (int64_t)(delta->icount - rrj_unzigzag(rrj_get_varint(in)));
	request->latency_ns = (int64_t)rrj_unzigzag(rrj_get_varint(in));
	/* An older writer's request ends here. */
	request->stack = in->p < in->end ? (uint32_t)rrj_get_upto(in, UINT32_MAX) : 0;
	request_keep(delta, request);
}
