/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trail.c - the digest and a ring of events. Who calls what: trail.h. */
#include "trail.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include <xxhash.h>

enum { KEPT = 256, ALL = 8 };

enum event_type { TURN = 1, RELEASED, SUBMITTED, BELL, INPUT };

/* What it is, then its values; those that a type has no use for are 0. */
struct event {
	uint64_t type, value[8];
};

static struct event events[KEPT];
static unsigned times[KEPT];	/* that it has been, one after the other */
static uint64_t count, turn_at; /* events so far; where the last turn started */
static uint64_t compared_at;	/* where the last turn that has a digest started */
static bool each_turn;
static uint64_t hash;

/* The doorbell once more at the same place: one event with a number, or the others would be pushed out. */
static bool again(const struct event *event)
{
	const struct event *last = &events[(count - 1) % KEPT];

	if (count == turn_at || last->type != BELL || last->value[0] != event->value[0])
		return false;
	times[(count - 1) % KEPT]++;
	return true;
}

/* The first so many values are the same in every run. */
static void add(const struct event *event, size_t hashed)
{
	hash = XXH3_64bits_withSeed(event, sizeof(event->type) + hashed * sizeof(event->value[0]), hash);
	if (event->type == BELL && again(event))
		return;
	times[count % KEPT] = 1;
	events[count++ % KEPT] = *event;
}

void trail_each_turn(void)
{
	each_turn = true;
}

void trail_turn(const struct rrj_turn *turn)
{
	turn_at = count;
	if (turn->trail)
		compared_at = count;
	if (each_turn)
		hash = 0;
	add(&(struct event){ TURN,
			     { turn->seq, turn->kind, turn->loop, (uint64_t)turn->icount, (uint64_t)turn->mono_ns,
			       (uint64_t)turn->real_ns, turn->releases } },
	    ALL);
}

void trail_released(const struct rrj_request *request)
{
	add(&(struct event){ RELEASED,
			     { request->ticket, request->file, request->op | (uint64_t)request->calls << 8,
			       request->offset, request->length, (uint64_t)request->result, request->checksum,
			       XXH3_64bits(request->results, sizeof(request->results)) } },
	    ALL);
}

void trail_submitted(uint64_t ticket, int64_t icount, const struct rrj_request *what)
{
	static const struct rrj_request unknown;

	what = what ? what : &unknown;
	/* What it is depends on the engine; and that, where QEMU falls back on its pool, on a buffer's address. */
	add(&(struct event){ SUBMITTED, { ticket, (uint64_t)icount, what->op, what->offset, what->length } }, 2);
}

void trail_bell(int64_t icount)
{
	add(&(struct event){ BELL, { (uint64_t)icount } }, ALL);
}

void trail_input(const struct rrj_input *input)
{
	add(&(struct event){ INPUT,
			     { input->source, (uint64_t)input->icount, input->size,
			       XXH3_64bits(input->data, input->size) } },
	    ALL);
}

uint32_t trail_digest(void)
{
	uint32_t digest = (uint32_t)(hash ^ hash >> 32);

	return digest ? digest : 1;
}

uint32_t trail_of_turn(enum rrj_kind kind)
{
	uint32_t digest = trail_digest(), byte = (digest ^ digest >> 8 ^ digest >> 16 ^ digest >> 24) & 0xff;

	if (each_turn)
		return digest;
	return kind == RRJ_AGAIN ? 0 : byte ? byte : 1;
}

/* ---- for reports ---- */

static uint64_t first_kept(void)
{
	return count > KEPT ? count - KEPT : 0;
}

size_t trail_kept(void)
{
	return (size_t)(count - first_kept());
}

static void describe_turn(const struct event *event, char *text, size_t size)
{
	const uint64_t *v = event->value;

	snprintf(text, size, "%" PRId64 " turn %" PRIu64 ": %s, loop %" PRIu64 ", releases %" PRIu64, (int64_t)v[3],
		 v[0], rrj_kind_name((enum rrj_kind)v[1]), v[2], v[6]);
}

static void describe_release(const struct event *event, char *text, size_t size)
{
	const uint64_t *v = event->value;

	snprintf(text, size,
		 "request %" PRIu64 " released: %s of file %" PRIu64 ", offset %" PRIu64 ", %" PRIu64
		 " bytes, result %" PRId64 ", checksum %08" PRIx64,
		 v[0], rrj_op_name((enum rrj_op)(v[2] & 0xff)), v[1], v[3], v[4], (int64_t)v[5], v[6]);
}

static void describe_submission(const struct event *event, char *text, size_t size)
{
	const uint64_t *v = event->value;
	int n = snprintf(text, size, "%" PRId64 " request %" PRIu64 " submitted", (int64_t)v[1], v[0]);

	if (v[2])
		snprintf(text + n, size - (size_t)n, ": %s, offset %" PRIu64 ", %" PRIu64 " bytes",
			 rrj_op_name((enum rrj_op)v[2]), v[3], v[4]);
}

void trail_describe(size_t i, char *text, size_t size)
{
	const struct event *event = &events[(first_kept() + i) % KEPT];
	const uint64_t *v = event->value;

	switch ((enum event_type)event->type) {
	case TURN:
		describe_turn(event, text, size);
		break;
	case RELEASED:
		describe_release(event, text, size);
		break;
	case SUBMITTED:
		describe_submission(event, text, size);
		break;
	case BELL:
		snprintf(text, size, "%" PRId64 " doorbell, %u time(s)", (int64_t)v[0], times[event - events]);
		break;
	case INPUT:
		snprintf(text, size, "%" PRId64 " input: %" PRIu64 " bytes of %s", (int64_t)v[1], v[2],
			 rrj_source_name((enum rrj_source)v[0]));
		break;
	}
}

/* The i-th event of that type since the last turn that has a digest; NULL behind the last one that is kept. */
static const struct event *find(enum event_type type, size_t i)
{
	uint64_t at = compared_at > first_kept() ? compared_at : first_kept();

	for (; at < count; at++)
		if (events[at % KEPT].type == type && !i--)
			return &events[at % KEPT];
	return NULL;
}

uint64_t trail_submission(size_t i, int64_t *icount)
{
	const struct event *event = find(SUBMITTED, i);

	*icount = event ? (int64_t)event->value[1] : -1;
	return event ? event->value[0] : 0;
}

uint64_t trail_release(size_t i)
{
	const struct event *event = find(RELEASED, i);

	return event ? event->value[0] : 0;
}
