// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * compact.c - turns and requests, written as what is not as those before suggest.
 *
 * Owns nothing but the encoding. Any thread; no allocation, no system call. What cannot be read sets `bad` in the
 * input.
 */
#include "compact.h"

#include <string.h>

/* More of a request's first number: what does not fit its short form. */
enum { EXACT_OFFSET = 256, EXACT_SUBMISSION = 1024, ALL_SHAPES = 2047 };

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

static bool is_short(int64_t ns)
{
	return ns >= 0 && ns <= latency_of(LATENCY_CODES - 1);
}

int64_t rrj_round_latency(int64_t ns)
{
	return is_short(ns) ? latency_of(latency_code(ns)) : ns;
}

/* ---- both ---- */

static uint8_t *put_delta(uint8_t *out, uint64_t value, uint64_t base)
{
	return rrj_put_varint(out, rrj_zigzag(value - base));
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

	return rrj_put_varint(out, rrj_zigzag(shape & RRJ_EXACT_TIME ? passed : in_units(passed, RRJ_TICK_NS)));
}

uint8_t *rrj_turn_put(uint8_t *out, const struct rrj_turn *turn, struct rrj_delta *delta)
{
	uint64_t shift = (uint64_t)turn->real_ns - (uint64_t)turn->mono_ns;
	bool still = (uint64_t)turn->icount == delta->icount && (uint64_t)turn->mono_ns == delta->mono;
	unsigned shape = (shift != delta->shift ? RRJ_SHIFTED : 0) |
			 (divides(RRJ_TICK_NS, (uint64_t)turn->mono_ns - delta->mono) ? 0 : RRJ_EXACT_TIME) |
			 (still ? RRJ_STILL : 0);

	out = rrj_put_varint(out, (uint64_t)turn->releases << RRJ_RELEASES_SHIFT | shape | (turn->loop ? 0 : turn->kind));
	if (turn->loop)
		out = rrj_put_varint(out, (uint64_t)turn->loop << RRJ_LOOP_SHIFT | turn->kind);
	if (!still) {
		out = put_delta(out, (uint64_t)turn->icount, delta->icount);
		out = put_time(out, turn, shape, delta);
	}
	if (shape & RRJ_SHIFTED)
		out = put_delta(out, shift, delta->shift);
	out = put_digests(out, turn);
	rrj_turn_keep(delta, turn);
	return out;
}

void rrj_turn_get(struct rrj_in *in, struct rrj_turn *turn, struct rrj_delta *delta)
{
	uint64_t shape = rrj_get_upto(in, (uint64_t)UINT32_MAX << RRJ_RELEASES_SHIFT | ((1 << RRJ_RELEASES_SHIFT) - 1));
	uint64_t icount = delta->icount, passed = 0, shift = delta->shift;

	*turn = (struct rrj_turn){ .seq = delta->seq + 1, .releases = (uint32_t)(shape >> RRJ_RELEASES_SHIFT) };
	rrj_who_get(in, shape, RRJ_AGAIN, turn);
	if (!(shape & RRJ_STILL)) {
		icount = rrj_get_delta(in, icount);
		passed = rrj_unzigzag(rrj_get_varint(in));
	}
	if (!(shape & RRJ_EXACT_TIME))
		passed *= RRJ_TICK_NS;
	if (shape & RRJ_SHIFTED)
		shift = rrj_get_delta(in, shift);
	turn->icount = (int64_t)icount;
	turn->mono_ns = (int64_t)(delta->mono + passed);
	turn->real_ns = (int64_t)(delta->mono + passed + shift);
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

	return (request->file != delta->file ? RRJ_OTHER_FILE : 0) | (request->op != delta->op ? RRJ_OTHER_OP : 0) |
	       (request->ticket != delta->ticket + 1 ? RRJ_OTHER_TICKET : 0) | (way ? RRJ_OTHER_OFFSET : 0) |
	       (request->length != delta->length ? RRJ_OTHER_LENGTH : 0) | (usual ? 0 : RRJ_OTHER_RESULT) |
	       (request->checksum ? RRJ_CHECKSUM : 0) | (rrj_has_earlier_results(request) ? RRJ_EARLIER_RESULTS : 0) |
	       (divides(unit, way) && unit <= INT64_MAX ? 0 : EXACT_OFFSET) |
	       (is_short(request->latency_ns) && rrj_round_latency(request->latency_ns) == request->latency_ns
			? 0
			: RRJ_EXACT_LATENCY) |
	       (submission_of(request, delta) < RRJ_COUNTS ? 0 : EXACT_SUBMISSION);
}

static uint8_t *put_origin(uint8_t *out, const struct rrj_request *request, unsigned shape,
			   const struct rrj_delta *delta)
{
	if (shape & EXACT_SUBMISSION)
		out = put_delta(out, delta->icount, (uint64_t)request->submit_icount);
	else
		out = rrj_put_varint(out, submission_of(request, delta));
	if (shape & RRJ_EXACT_LATENCY)
		return rrj_put_varint(out, rrj_zigzag((uint64_t)request->latency_ns));
	*out = (uint8_t)latency_code(request->latency_ns);
	return out + 1;
}

uint8_t *rrj_request_put(uint8_t *out, const struct rrj_request *request, struct rrj_delta *delta)
{
	unsigned shape = request_shape(request, delta);
	uint64_t way = request->offset - delta->next_offset;

	out = rrj_put_varint(out, shape);
	if (shape & RRJ_OTHER_FILE)
		out = rrj_put_varint(out, request->file);
	if (shape & RRJ_OTHER_OP)
		out = rrj_put_varint(out, request->op);
	if (shape & RRJ_OTHER_TICKET)
		out = put_delta(out, request->ticket, delta->ticket + 1);
	if (shape & RRJ_OTHER_LENGTH)
		out = rrj_length_put(out, request->length);
	if (shape & RRJ_OTHER_OFFSET)
		out = rrj_put_varint(
			out, rrj_zigzag(shape & EXACT_OFFSET ? way : in_units(way, offset_unit(request->length))));
	if (shape & RRJ_OTHER_RESULT) {
		out = rrj_put_varint(out, request->calls);
		out = rrj_put_varint(out, rrj_zigzag((uint64_t)request->result));
	}
	if (shape & RRJ_CHECKSUM)
		out = rrj_put_u32(out, request->checksum);
	for (uint32_t i = 0; shape & RRJ_EARLIER_RESULTS && i + 1 < request->calls; i++)
		out = rrj_put_varint(out, rrj_zigzag((uint64_t)request->results[i]));
	out = put_origin(out, request, shape, delta);
	if (request->stack)
		out = rrj_put_varint(out, request->stack);
	rrj_request_keep(delta, request);
	return out;
}

static uint64_t get_offset(struct rrj_in *in, uint64_t shape, uint64_t length, uint64_t base)
{
	uint64_t way = shape & RRJ_OTHER_OFFSET ? rrj_unzigzag(rrj_get_varint(in)) : 0;

	return base + (shape & EXACT_OFFSET ? way : way * offset_unit(length));
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

	rrj_subject_get(in, shape, request, delta);
	request->length = shape & RRJ_OTHER_LENGTH ? rrj_length_get(in) : delta->length;
	request->offset = get_offset(in, shape, request->length, delta->next_offset);
	rrj_results_get(in, shape, request);
	request->submit_icount = (int64_t)get_submission(in, shape, delta);
	if (shape & RRJ_EXACT_LATENCY)
		request->latency_ns = (int64_t)rrj_unzigzag(rrj_get_varint(in));
	else
		request->latency_ns = latency_of(rrj_get_byte(in));
	request->stack = rrj_stack_get(in);
	rrj_request_keep(delta, request);
}
