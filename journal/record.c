// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * record.c - records as bytes: their heads, and which part of the encoding each type is left to.
 *
 * Owns nothing but the encoding. Any thread; no allocation, no system call. A record that cannot be read is -EBADMSG.
 */
#include "record.h"

#include "compact.h"
#include "fields.h"
#include "older.h"

#include <errno.h>
#include <string.h>

enum { TYPE_MASK = 15, LONG = 15, LONG_SHIFT = 4, SIGNAL_SIZE = 16 };

int rrj_record_check(const struct rrj_record *record)
{
	const struct rrj_input *input = &record->input;

	switch (record->type) {
	case RRJ_TURN:
		return record->turn.kind >= RRJ_SLICE && record->turn.kind <= RRJ_AGAIN ? 0 : -EINVAL;
	case RRJ_REQUEST:
		return record->request.op >= RRJ_READ && record->request.op <= RRJ_COMPUTE ? 0 : -EINVAL;
	default:
		if (!rrj_fields_known((int)record->type) || !rrj_fields_ok(record))
			return -EINVAL;
		if (record->type == RRJ_INPUT && input->source == RRJ_SIGNAL &&
		    input->size != sizeof(struct rrj_signal))
			return -EINVAL;
		return 0;
	}
}

size_t rrj_record_bound(const struct rrj_record *record)
{
	size_t head = 1 + RRJ_VARINT_MAX;
	size_t bound = RRJ_DELTA_BOUND;

	if (rrj_fields_known((int)record->type))
		bound = rrj_fields_bound(record);
	return bound <= SIZE_MAX - head ? bound + head : SIZE_MAX;
}

/* ---- inputs ---- */

static uint8_t *input_put(uint8_t *out, const struct rrj_record *record)
{
	struct rrj_record copy = *record;
	struct rrj_signal signal;
	uint8_t bytes[SIGNAL_SIZE], *p = bytes;

	if (record->input.source != RRJ_SIGNAL)
		return rrj_fields_put(out, record);
	memcpy(&signal, record->input.data, sizeof(signal));
	p = rrj_put_u32(p, (uint32_t)signal.signo);
	p = rrj_put_u32(p, (uint32_t)signal.code);
	p = rrj_put_u32(p, (uint32_t)signal.pid);
	rrj_put_u32(p, signal.uid);
	copy.input.data = bytes;
	copy.input.size = SIGNAL_SIZE;
	return rrj_fields_put(out, &copy);
}

/* A signal's bytes become the struct that the reader promises. */
static void input_finish(struct rrj_in *in, struct rrj_input *input, struct rrj_signal *signal)
{
	struct rrj_in bytes = { .p = input->data, .end = (const uint8_t *)input->data + input->size };

	if (in->bad || input->source != RRJ_SIGNAL)
		return;
	signal->signo = (int32_t)rrj_get_u32(&bytes);
	signal->code = (int32_t)rrj_get_u32(&bytes);
	signal->pid = (int32_t)rrj_get_u32(&bytes);
	signal->uid = rrj_get_u32(&bytes);
	in->bad |= bytes.bad || bytes.p != bytes.end;
	input->data = signal;
	input->size = sizeof(*signal);
}

/* ---- heads ---- */

/* The payload was written right behind a head of one byte; a longer head moves it. */
static uint8_t *finish(uint8_t *head, uint8_t *end, unsigned type)
{
	size_t size = (size_t)(end - head - 1), more;
	uint8_t length[RRJ_VARINT_MAX];

	if (size < LONG) {
		*head = (uint8_t)(size << LONG_SHIFT | type);
		return end;
	}
	more = (size_t)(rrj_put_varint(length, size - LONG) - length);
	memmove(head + 1 + more, head + 1, size);
	memcpy(head + 1, length, more);
	*head = (uint8_t)(LONG << LONG_SHIFT | type);
	return end + more;
}

static unsigned written_type(enum rrj_type type)
{
	return type == RRJ_TURN ? RRJ_COMPACT_TURN : type == RRJ_REQUEST ? RRJ_COMPACT_REQUEST : type;
}

int rrj_record_type(int type)
{
	return type == RRJ_COMPACT_TURN ? RRJ_TURN : type == RRJ_COMPACT_REQUEST ? RRJ_REQUEST : type;
}

uint8_t *rrj_record_encode(uint8_t *out, const struct rrj_record *record, struct rrj_delta *delta)
{
	uint8_t *end = out + 1;

	if (record->type == RRJ_TURN)
		end = rrj_turn_put(end, &record->turn, delta);
	else if (record->type == RRJ_REQUEST)
		end = rrj_request_put(end, &record->request, delta);
	else if (record->type == RRJ_INPUT)
		end = input_put(end, record);
	else
		end = rrj_fields_put(end, record);
	return finish(out, end, written_type(record->type));
}

int rrj_record_split(struct rrj_in *in, struct rrj_in *payload)
{
	uint8_t head = *in->p++;
	uint64_t size = head >> LONG_SHIFT;

	if (size == LONG)
		size += rrj_get_upto(in, UINT32_MAX);
	if (in->bad || size > (uint64_t)(in->end - in->p) || !(head & TYPE_MASK))
		return -EBADMSG;
	*payload = (struct rrj_in){ .p = in->p, .end = in->p + size };
	in->p += size;
	return head & TYPE_MASK;
}

int rrj_record_decode(struct rrj_record *record, int type, struct rrj_in payload, struct rrj_delta *delta,
		      struct rrj_signal *signal)
{
	if (rrj_record_type(type) >= RRJ_TYPES)
		return 0;
	record->type = (enum rrj_type)rrj_record_type(type);
	if (type == RRJ_COMPACT_TURN)
		rrj_turn_get(&payload, &record->turn, delta);
	else if (type == RRJ_COMPACT_REQUEST)
		rrj_request_get(&payload, &record->request, delta);
	else if (type == RRJ_TURN)
		rrj_older_turn_get(&payload, &record->turn, delta);
	else if (type == RRJ_REQUEST)
		rrj_older_request_get(&payload, &record->request, delta);
	else
		rrj_fields_get(&payload, record);
	if (type == RRJ_INPUT)
		input_finish(&payload, &record->input, signal);
	return payload.bad ? -EBADMSG : 1;
}
