// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * compact.c - turns and requests, written as what is not as those before suggest.
 *
 * Owns nothing but the encoding. Any thread; no allocation, no system call. What cannot be read sets `bad` in the
 * input.
 */
#include "compact.h"

#include <string.h>

/*
 * A turn's first number: its kind; whether the clocks have moved against each other; whether the time is no multiple of
 * RRJ_TICK_NS away; whether neither count nor time have changed; how many requests follow. No kind: it follows, with
 * the loop, as a number of its own.
 */
enum { KIND_MASK = 7, SHIFTED = 8, EXACT_TIME = 16, STILL = 32, RELEASES_SHIFT = 6, LOOP_SHIFT = 3 };

/* A request's first number: what is not as those before suggest, and therefore follows; what does not fit its short
 * form. */
enum {
	OTHER_FILE = 1,
	OTHER_OP = 2,
	OTHER_TICKET = 4,
	OTHER_OFFSET = 8,
	OTHER_LENGTH = 16,
	OTHER_RESULT = 32, /* or number of calls */
	CHECKSUM = 64,
	EARLIER_RESULTS = 128,
	EXACT_OFFSET = 256,
	EXACT_LATENCY = 512,
	EXACT_SUBMISSION = 1024,
	ALL_SHAPES = 2047,
};

/* A short latency: four bits behind the first one that is set, in units; and how far those are shifted, plus one. */
enum { LATENCY_UNIT = 64, LATENCY_BITS = 4, LATENCY_MASK = (1 << LATENCY_BITS) - 1, LATENCY_CODES = 256 };

/* ---- latencies ---- */

static int64_t latency_of(unsigned code)
{
	unsigned shift = code >> LATENCY_BITS;
	int64_t units = code & LATENCY_MASK;

	return (shift ? (units + LATENCY_MASK + 1) << (shift - 1) : units) * LATENCY_UNIT;
}

/* The code of the longest latency that is not longer. */
static unsigned latency_code(int64_t ns)
{
	uint64_t units = ns > 0 ? (uint64_t)ns / LATENCY_UNIT : 0;
	unsigned shift = 0;

	while (units >> shift > 2 * LATENCY_MASK + 1)
		shift++;
	units = units >> LATENCY_BITS ? (uint64_t)(shift + 1) << LATENCY_BITS | ((units >> shift) & LATENCY_MASK)
				      : units;
	return units < LATENCY_CODES ? (unsigned)units : LATENCY_CODES - 1;
}

int64_t rrj_round_latency(int64_t ns)
{
	int64_t longest = latency_of(LATENCY_CODES - 1);

	return ns < 0 || ns > longest ? ns : latency_of(latency_code(ns));
}

/* ---- both ---- */

static uint8_t *put_delta(uint8_t *out, uint64_t value, uint64_t base)
{
	return rrj_put_varint(out, rrj_zigzag(value - base));
}

static uint64_t get_delta(struct rrj_in *in, uint64_t base)
{
	return base + rrj_unzigzag(rrj_get_varint(in));
}

/* A difference in units, which are a power of two. */
static bool divides(uint64_t unit, uint64_t difference)
{
	return !(difference & (unit - 1));
}

static uint64_t in_units(uint64_t difference, uint64_t unit)
{
	return (uint64_t)((int64_t)difference / (int64_t)unit);
}

/* ---- turns ---- */

/* The digests behind a turn's other values: as many as are needed for the last one that there is; a byte, if that holds
 * it. */
static uint8_t *put_digests(uint8_t *out, const struct rrj_turn *turn)
{
	const uint32_t digests[] = { turn->trail, turn->registers, turn->memory };
	int n = turn->memory ? 3 : turn->registers ? 2 : turn->trail ? 1 : 0;

	if (n == 1 && turn->trail <= UINT8_MAX) {
		*out = (uint8_t)turn->trail;
		return out + 1;
	}
	for (int i = 0; i < n; i++)
		out = rrj_put_u32(out, digests[i]);
	return out;
}

static uint8_t *put_time(uint8_t *out, const struct rrj_turn *turn, unsigned shape, const struct rrj_delta *delta)
{
	uint64_t passed = (uint64_t)turn->mono_ns - delta->mono;

	return rrj_put_varint(out, rrj_zigzag(shape & EXACT_TIME ? passed : in_units(passed, RRJ_TICK_NS)));
}

uint8_t *rrj_turn_put(uint8_t *out, const struct rrj_turn *turn, struct rrj_delta *delta)
{
	uint64_t shift = (uint64_t)turn->real_ns - (uint64_t)turn->mono_ns;
	bool still = (uint64_t)turn->icount == delta->icount && (uint64_t)turn->mono_ns == delta->mono;
	unsigned shape = (shift != delta->shift ? SHIFTED : 0) |
			 (divides(RRJ_TICK_NS, (uint64_t)turn->mono_ns - delta->mono) ? 0 : EXACT_TIME) |
			 (still ? STILL : 0);

	out = rrj_put_varint(out, (uint64_t)turn->releases << RELEASES_SHIFT | shape | (turn->loop ? 0 : turn->kind));
	if (turn->loop)
		out = rrj_put_varint(out, (uint64_t)turn->loop << LOOP_SHIFT | turn->kind);
	if (!still) {
		out = put_delta(out, (uint64_t)turn->icount, delta->icount);
		out = put_time(out, turn, shape, delta);
	}
	if (shape & SHIFTED)
		out = put_delta(out, shift, delta->shift);
	out = put_digests(out, turn);
	rrj_turn_keep(delta, turn);
	return out;
}

void rrj_turn_get(struct rrj_in *in, struct rrj_turn *turn, struct rrj_delta *delta)
{
	uint64_t shape = rrj_get_upto(in, (uint64_t)UINT32_MAX << RELEASES_SHIFT | ((1 << RELEASES_SHIFT) - 1));
	uint64_t who = shape & KIND_MASK, icount = delta->icount, mono = delta->mono, passed = 0, shift = delta->shift;

	if (!who) {
		who = rrj_get_upto(in, (uint64_t)UINT32_MAX << LOOP_SHIFT | KIND_MASK);
		in->bad |= who <= KIND_MASK; /* only one way to write it */
	}
	if (!(shape & STILL)) {
		icount = get_delta(in, icount);
		passed = rrj_unzigzag(rrj_get_varint(in));
	}
	mono += shape & EXACT_TIME ? passed : passed * RRJ_TICK_NS;
	if (shape & SHIFTED)
		shift = get_delta(in, shift);
	in->bad |= (who & KIND_MASK) < RRJ_SLICE || (who & KIND_MASK) > RRJ_AGAIN;
	*turn = (struct rrj_turn){
		.seq = delta->seq + 1,
		.kind = (enum rrj_kind)(who & KIND_MASK),
		.loop = (uint32_t)(who >> LOOP_SHIFT),
		.icount = (int64_t)icount,
		.mono_ns = (int64_t)mono,
		.real_ns = (int64_t)(mono + shift),
		.releases = (uint32_t)(shape >> RELEASES_SHIFT),
	};
	if (in->end - in->p == 1)
		turn->trail = rrj_get_byte(in);
	else
		rrj_digests_get(in, turn);
	rrj_turn_keep(delta, turn);
}

/* ---- requests ---- */

/* Offsets go in units of what divides the length. */
static uint64_t offset_unit(uint64_t length)
{
	return length ? length & -length : 1;
}

/* How many counts at which turns were, without repetitions, behind the one where it was submitted; RRJ_COUNTS: not
 * among them. */
static unsigned submission_of(const struct rrj_request *request, const struct rrj_delta *delta)
{
	unsigned n = 0;

	while (n < RRJ_COUNTS &&
	       (n >= delta->count_number || rrj_delta_count(delta, n) != (uint64_t)request->submit_icount))
		n++;
	return n;
}

static unsigned request_shape(const struct rrj_request *request, const struct rrj_delta *delta)
{
	bool usual = request->calls == 1 && request->result == rrj_usual_result(request->op, request->length);
	uint64_t way = request->offset - delta->next_offset, unit = offset_unit(request->length);

	return (request->file != delta->file ? OTHER_FILE : 0) | (request->op != delta->op ? OTHER_OP : 0) |
	       (request->ticket != delta->ticket + 1 ? OTHER_TICKET : 0) | (way ? OTHER_OFFSET : 0) |
	       (request->length != delta->length ? OTHER_LENGTH : 0) | (usual ? 0 : OTHER_RESULT) |
	       (request->checksum ? CHECKSUM : 0) | (rrj_has_earlier_results(request) ? EARLIER_RESULTS : 0) |
	       (divides(unit, way) && unit <= INT64_MAX ? 0 : EXACT_OFFSET) |
	       (rrj_round_latency(request->latency_ns) == request->latency_ns && request->latency_ns >= 0 &&
				request->latency_ns <= latency_of(LATENCY_CODES - 1)
			? 0
			: EXACT_LATENCY) |
	       (submission_of(request, delta) < RRJ_COUNTS ? 0 : EXACT_SUBMISSION);
}

static uint8_t *put_origin(uint8_t *out, const struct rrj_request *request, unsigned shape,
			   const struct rrj_delta *delta)
{
	if (shape & EXACT_SUBMISSION)
		out = put_delta(out, delta->icount, (uint64_t)request->submit_icount);
	else
		out = rrj_put_varint(out, submission_of(request, delta));
	if (shape & EXACT_LATENCY)
		return rrj_put_varint(out, rrj_zigzag((uint64_t)request->latency_ns));
	*out = (uint8_t)latency_code(request->latency_ns);
	return out + 1;
}

uint8_t *rrj_request_put(uint8_t *out, const struct rrj_request *request, struct rrj_delta *delta)
{
	unsigned shape = request_shape(request, delta);
	uint64_t way = request->offset - delta->next_offset;

	out = rrj_put_varint(out, shape);
	if (shape & OTHER_FILE)
		out = rrj_put_varint(out, request->file);
	if (shape & OTHER_OP)
		out = rrj_put_varint(out, request->op);
	if (shape & OTHER_TICKET)
		out = put_delta(out, request->ticket, delta->ticket + 1);
	if (shape & OTHER_LENGTH)
		out = rrj_length_put(out, request->length);
	if (shape & OTHER_OFFSET)
		out = rrj_put_varint(
			out, rrj_zigzag(shape & EXACT_OFFSET ? way : in_units(way, offset_unit(request->length))));
	if (shape & OTHER_RESULT) {
		out = rrj_put_varint(out, request->calls);
		out = rrj_put_varint(out, rrj_zigzag((uint64_t)request->result));
	}
	if (shape & CHECKSUM)
		out = rrj_put_u32(out, request->checksum);
	for (uint32_t i = 0; shape & EARLIER_RESULTS && i + 1 < request->calls; i++)
		out = rrj_put_varint(out, rrj_zigzag((uint64_t)request->results[i]));
	out = put_origin(out, request, shape, delta);
	if (request->stack)
		out = rrj_put_varint(out, request->stack);
	rrj_request_keep(delta, request);
	return out;
}

static uint64_t get_offset(struct rrj_in *in, uint64_t shape, uint64_t length, uint64_t base)
{
	uint64_t way = shape & OTHER_OFFSET ? rrj_unzigzag(rrj_get_varint(in)) : 0;

	return base + (shape & EXACT_OFFSET ? way : way * offset_unit(length));
}

static void get_results(struct rrj_in *in, struct rrj_request *request, uint64_t shape)
{
	request->calls = shape & OTHER_RESULT ? (uint32_t)rrj_get_upto(in, UINT32_MAX) : 1;
	request->result = shape & OTHER_RESULT ? (int64_t)rrj_unzigzag(rrj_get_varint(in))
					       : rrj_usual_result(request->op, request->length);
	request->checksum = shape & CHECKSUM ? rrj_get_u32(in) : 0;
	memset(request->results, 0, sizeof(request->results));
	in->bad |= shape & EARLIER_RESULTS && !rrj_has_earlier_results(request);
	for (uint32_t i = 0; shape & EARLIER_RESULTS && !in->bad && i + 1 < request->calls; i++)
		request->results[i] = (int64_t)rrj_unzigzag(rrj_get_varint(in));
}

static uint64_t get_submission(struct rrj_in *in, uint64_t shape, const struct rrj_delta *delta)
{
	uint64_t n = rrj_get_varint(in);

	if (shape & EXACT_SUBMISSION)
		return delta->icount - rrj_unzigzag(n);
	in->bad |= n >= delta->count_number;
	return in->bad ? 0 : rrj_delta_count(delta, (unsigned)n);
}

void rrj_request_get(struct rrj_in *in, struct rrj_request *request, struct rrj_delta *delta)
{
	uint64_t shape = rrj_get_upto(in, ALL_SHAPES);

	request->file = (uint32_t)(shape & OTHER_FILE ? rrj_get_upto(in, UINT32_MAX) : delta->file);
	request->op = (enum rrj_op)(shape & OTHER_OP ? rrj_get_upto(in, RRJ_COMPUTE) : delta->op);
	in->bad |= request->op < RRJ_READ;
	request->ticket = shape & OTHER_TICKET ? get_delta(in, delta->ticket + 1) : delta->ticket + 1;
	request->length = shape & OTHER_LENGTH ? rrj_length_get(in) : delta->length;
	request->offset = get_offset(in, shape, request->length, delta->next_offset);
	get_results(in, request, shape);
	request->submit_icount = (int64_t)get_submission(in, shape, delta);
	if (shape & EXACT_LATENCY)
		request->latency_ns = (int64_t)rrj_unzigzag(rrj_get_varint(in));
	else
		request->latency_ns = latency_of(rrj_get_byte(in));
	/* Most end here. */
	request->stack = in->p < in->end ? (uint32_t)rrj_get_upto(in, UINT32_MAX) : 0;
	rrj_request_keep(delta, request);
}
