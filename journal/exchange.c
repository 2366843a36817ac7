// SPDX-License-Identifier: GPL-2.0-or-later
/* exchange.c - what an input from outside says: FORMAT.md, section 6. Any thread; no allocation. */
#include "rrio/journal.h"

#include <string.h>

#include "wire.h"

/* The calls whose bytes are in the record by their digest alone. */
static bool takes(enum rrj_call call)
{
	switch (call) {
	case RRJ_CALL_WRITE:
	case RRJ_CALL_WRITEV:
	case RRJ_CALL_SEND:
	case RRJ_CALL_SENDTO:
	case RRJ_CALL_SENDMSG:
	case RRJ_CALL_OPEN:
	case RRJ_CALL_SOCKET:
	case RRJ_CALL_BIND:
	case RRJ_CALL_CONNECT:
	case RRJ_CALL_SETSOCKOPT:
	case RRJ_CALL_IOCTL:
	case RRJ_CALL_FCNTL:
	case RRJ_CALL_UNLINK:
	case RRJ_CALL_GETADDRINFO:
	case RRJ_CALL_SPAWN:
		return true;
	default:
		return false;
	}
}

static bool hands_back_data(const struct rrj_input *input, enum rrj_call call)
{
	return input->source == RRJ_RECEIVED || call == RRJ_CALL_GETADDRINFO || call == RRJ_CALL_READ_FILE ||
	       call == RRJ_CALL_SPAWN;
}

bool rrj_exchange_get(struct rrj_exchange *exchange, const struct rrj_input *input)
{
	struct rrj_in in = { input->data, (const uint8_t *)input->data + input->size, false };

	*exchange = (struct rrj_exchange){ 0 };
	if (input->source < RRJ_RECEIVED || input->source > RRJ_LOOKED_UP)
		return false;
	exchange->descriptor = rrj_get_varint(&in);
	exchange->call = (enum rrj_call)rrj_get_upto(&in, RRJ_CALLS - 1);
	exchange->result = (int64_t)rrj_unzigzag(rrj_get_varint(&in));
	if (takes(exchange->call)) {
		exchange->takes = true;
		exchange->digest = rrj_get_u32(&in);
	}
	if (exchange->result >= 0 && hands_back_data(input, exchange->call))
		exchange->data = rrj_get_bytes(&in, &exchange->size);
	return !in.bad && exchange->call;
}

bool rrj_ready_get(const struct rrj_input *input, size_t i, uint64_t *descriptor, uint64_t *events)
{
	struct rrj_in in = { input->data, (const uint8_t *)input->data + input->size, false };

	if (input->source != RRJ_READY)
		return false;
	rrj_get_varint(&in);
	rrj_get_varint(&in);
	do {
		if (in.p == in.end)
			return false;
		*descriptor = rrj_get_varint(&in);
		*events = rrj_get_varint(&in);
	} while (i--);
	return !in.bad;
}
