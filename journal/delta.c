// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * delta.c - the state that turns and requests are written with, and what both forms of them have in common.
 *
 * Owns nothing but the encoding. Any thread; no allocation, no system call. What cannot be read sets `bad` in the
 * input.
 */
#include "delta.h"

#include <string.h>

uint64_t rrj_get_delta(struct rrj_in *in, uint64_t base)
{
	return base + rrj_unzigzag(rrj_get_varint(in));
}

/* ---- turns ---- */

void rrj_who_get(struct rrj_in *in, uint64_t shape, enum rrj_kind last, struct rrj_turn *turn)
{
	uint64_t who = shape & RRJ_KIND_MASK;

	if (!who) {
		who = rrj_get_upto(in, (uint64_t)UINT32_MAX << RRJ_LOOP_SHIFT | RRJ_KIND_MASK);
		in->bad |= who <= RRJ_KIND_MASK; /* only one way to write it */
	}
	turn->kind = (enum rrj_kind)(who & RRJ_KIND_MASK);
	turn->loop = (uint32_t)(who >> RRJ_LOOP_SHIFT);
	in->bad |= turn->kind < RRJ_SLICE || turn->kind > last;
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

/* ---- requests ---- */

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

void rrj_subject_get(struct rrj_in *in, uint64_t shape, struct rrj_request *request, const struct rrj_delta *delta)
{
	request->file = (uint32_t)(shape & RRJ_OTHER_FILE ? rrj_get_upto(in, UINT32_MAX) : delta->file);
	request->op = (enum rrj_op)(shape & RRJ_OTHER_OP ? rrj_get_upto(in, RRJ_COMPUTE) : delta->op);
	in->bad |= request->op < RRJ_READ;
	request->ticket = delta->ticket + 1;
	if (shape & RRJ_OTHER_TICKET)
		request->ticket = rrj_get_delta(in, request->ticket);
}

void rrj_results_get(struct rrj_in *in, uint64_t shape, struct rrj_request *request)
{
	request->calls = shape & RRJ_OTHER_RESULT ? (uint32_t)rrj_get_upto(in, UINT32_MAX) : 1;
	request->result = shape & RRJ_OTHER_RESULT ? (int64_t)rrj_unzigzag(rrj_get_varint(in))
						   : rrj_usual_result(request->op, request->length);
	request->checksum = shape & RRJ_CHECKSUM ? rrj_get_u32(in) : 0;
	memset(request->results, 0, sizeof(request->results));
	in->bad |= shape & RRJ_EARLIER_RESULTS && !rrj_has_earlier_results(request);
	for (uint32_t i = 0; shape & RRJ_EARLIER_RESULTS && !in->bad && i + 1 < request->calls; i++)
		request->results[i] = (int64_t)rrj_unzigzag(rrj_get_varint(in));
}

uint32_t rrj_stack_get(struct rrj_in *in)
{
	return in->p < in->end ? (uint32_t)rrj_get_upto(in, UINT32_MAX) : 0;
}
