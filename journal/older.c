// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * older.c - turns and requests as they were written before compact.c: records of types 3 and 4, which are only read.
 *
 * Owns nothing but the encoding. Any thread; no allocation, no system call. What cannot be read sets `bad` in the
 * input.
 */
#include "older.h"

/* A turn's first number: its kind, whether the clocks have moved against each other, how many requests follow. */
enum { SHIFTED = 8, RELEASES_SHIFT = 4 };

void rrj_older_turn_get(struct rrj_in *in, struct rrj_turn *turn, struct rrj_delta *delta)
{
	uint64_t shape = rrj_get_upto(in, (uint64_t)UINT32_MAX << RELEASES_SHIFT | ((1 << RELEASES_SHIFT) - 1));
	uint64_t mono, shift = delta->shift;

	*turn = (struct rrj_turn){ .seq = delta->seq + 1, .releases = (uint32_t)(shape >> RELEASES_SHIFT) };
	rrj_who_get(in, shape, RRJ_NESTED, turn);
	turn->icount = (int64_t)rrj_get_delta(in, delta->icount);
	mono = rrj_get_delta(in, delta->mono);
	if (shape & SHIFTED)
		shift = rrj_get_delta(in, shift);
	turn->mono_ns = (int64_t)mono;
	turn->real_ns = (int64_t)(mono + shift);
	rrj_digests_get(in, turn);
	rrj_turn_keep(delta, turn);
}

void rrj_older_request_get(struct rrj_in *in, struct rrj_request *request, struct rrj_delta *delta)
{
	uint64_t shape = rrj_get_upto(in, RRJ_COMMON_SHAPES);

	rrj_subject_get(in, shape, request, delta);
	request->offset = delta->next_offset;
	if (shape & RRJ_OTHER_OFFSET)
		request->offset = rrj_get_delta(in, request->offset);
	request->length = shape & RRJ_OTHER_LENGTH ? rrj_length_get(in) : delta->length;
	rrj_results_get(in, shape, request);
	request->submit_icount = (int64_t)(delta->icount - rrj_unzigzag(rrj_get_varint(in)));
	request->latency_ns = (int64_t)rrj_unzigzag(rrj_get_varint(in));
	request->stack = rrj_stack_get(in);
	rrj_request_keep(delta, request);
}
