// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * delta.c - the state that turns and requests are written with, and the older form of both, which is only read.
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

static uint64_t get_delta(struct rrj_in *in, uint64_t base)
{
	return base + rrj_unzigzag(rrj_get_varint(in));
}

static uint32_t get_digest(struct rrj_in *in)
{
	return in->end - in->p >= 4 ? rrj_get_u32(in) : 0;
}

void rrj_digests_get(struct rrj_in *in, struct rrj_turn *turn)
{
	turn->trail = get_digest(in);
	turn->registers = get_digest(in);
	turn->memory = get_digest(in);
}

uint64_t rrj_delta_count(const struct rrj_delta *delta, unsigned n)
{
	return delta->counts[(delta->count_at - n) % RRJ_COUNTS];
}

void rrj_turn_keep(struct rrj_delta *delta, const struct rrj_turn *turn)
{
	uint64_t icount = (uint64_t)turn->icount;

	delta->seq++;
	delta->icount = icount;
	delta->mono = (uint64_t)turn->mono_ns;
	delta->shift = (uint64_t)turn->real_ns - (uint64_t)turn->mono_ns;
	if (delta->count_number && rrj_delta_count(delta, 0) == icount)
		return;
	delta->counts[++delta->count_at % RRJ_COUNTS] = icount;
	delta->count_number += delta->count_number < RRJ_COUNTS;
}

void rrj_older_turn_get(struct rrj_in *in, struct rrj_turn *turn, struct rrj_delta *delta)
{
	uint64_t shape = rrj_get_upto(in, (uint64_t)UINT32_MAX << RELEASES_SHIFT | ((1 << RELEASES_SHIFT) - 1));
	uint64_t who = shape & KIND_MASK, shift = delta->shift, icount, mono;

	if (!who) {
		who = rrj_get_upto(in, (uint64_t)UINT32_MAX << LOOP_SHIFT | KIND_MASK);
		in->bad |= who <= KIND_MASK; /* only one way to write it */
	}
	icount = get_delta(in, delta->icount);
	mono = get_delta(in, delta->mono);
	if (shape & SHIFTED)
		shift = get_delta(in, shift);
	in->bad |= (who & KIND_MASK) < RRJ_SLICE || (who & KIND_MASK) > RRJ_NESTED;
	*turn = (struct rrj_turn){
		.seq = delta->seq + 1,
		.kind = (enum rrj_kind)(who & KIND_MASK),
		.loop = (uint32_t)(who >> LOOP_SHIFT),
		.icount = (int64_t)icount,
		.mono_ns = (int64_t)mono,
		.real_ns = (int64_t)(mono + shift),
		.releases = (uint32_t)(shape >> RELEASES_SHIFT),
	};
	rrj_digests_get(in, turn);
	rrj_turn_keep(delta, turn);
}

int64_t rrj_usual_result(enum rrj_op op, uint64_t length)
{
	return op == RRJ_READ || op == RRJ_WRITE || op == RRJ_COPY ? (int64_t)length : 0;
}

/* Lengths are mostly multiples of a sector, so these are written in sectors: the low bit tells. */
static uint64_t pack_length(uint64_t length)
{
	return length % 512 ? length << 1 | 1 : length / 512 << 1;
}

uint8_t *rrj_length_put(uint8_t *out, uint64_t length)
{
	if (length >> 63) { /* no room for the low bit: a marker that no length yields */
		*out++ = 1;
		return rrj_put_varint(out, length);
	}
	return rrj_put_varint(out, pack_length(length));
}

uint64_t rrj_length_get(struct rrj_in *in)
{
	uint64_t packed = rrj_get_varint(in);

	if (packed == 1)
		return rrj_get_varint(in);
	return packed & 1 ? packed >> 1 : (packed >> 1) * 512;
}

void rrj_request_keep(struct rrj_delta *delta, const struct rrj_request *request)
{
	delta->ticket = request->ticket;
	delta->file = request->file;
	delta->op = request->op;
	delta->next_offset = request->offset + request->length;
	delta->length = request->length;
}

bool rrj_has_earlier_results(const struct rrj_request *request)
{
	return request->calls > 1 && request->calls - 1 <= RRJ_RESULTS;
}

void rrj_older_request_get(struct rrj_in *in, struct rrj_request *request, struct rrj_delta *delta)
{
	uint64_t shape = rrj_get_upto(in, ALL_SHAPES);

	request->file = (uint32_t)(shape & OTHER_FILE ? rrj_get_upto(in, UINT32_MAX) : delta->file);
	request->op = (enum rrj_op)(shape & OTHER_OP ? rrj_get_upto(in, RRJ_COMPUTE) : delta->op);
	in->bad |= request->op < RRJ_READ;
	request->ticket = shape & OTHER_TICKET ? get_delta(in, delta->ticket + 1) : delta->ticket + 1;
	request->offset = shape & OTHER_OFFSET ? get_delta(in, delta->next_offset) : delta->next_offset;
	request->length = shape & OTHER_LENGTH ? rrj_length_get(in) : delta->length;
	request->calls = shape & OTHER_RESULT ? (uint32_t)rrj_get_upto(in, UINT32_MAX) : 1;
	request->result = shape & OTHER_RESULT ? (int64_t)rrj_unzigzag(rrj_get_varint(in))
					       : rrj_usual_result(request->op, request->length);
	request->checksum = shape & CHECKSUM ? rrj_get_u32(in) : 0;
	memset(request->results, 0, sizeof(request->results));
	in->bad |= shape & EARLIER_RESULTS && !rrj_has_earlier_results(request);
	for (uint32_t i = 0; shape & EARLIER_RESULTS && !in->bad && i + 1 < request->calls; i++)
		request->results[i] = (int64_t)rrj_unzigzag(rrj_get_varint(in));
	request->submit_icount = (int64_t)(delta->icount - rrj_unzigzag(rrj_get_varint(in)));
	request->latency_ns = (int64_t)rrj_unzigzag(rrj_get_varint(in));
	/* An older writer's request ends here. */
	request->stack = in->p < in->end ? (uint32_t)rrj_get_upto(in, UINT32_MAX) : 0;
	rrj_request_keep(delta, request);
}
