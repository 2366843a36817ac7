/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compare.c - comparisons of a replay with its recording. Who calls what: compare.h. */
#include "compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "diverge.h"
#include "files.h"
#include "message.h"
#include "trail.h"
#include "turnstile.h"

void compare_place(const struct rrj_turn *next, unsigned loop, enum rrj_kind kind, int64_t icount)
{
	if (next && next->loop == loop && next->kind == kind && next->icount == icount)
		return;
	diverged(&(struct divergence){ .id = "diverged-place",
				       .icount = icount,
				       .kind = kind,
				       .loop = loop,
				       .differences = { { .what = "kind",
							  .expected_text = next ? rrj_kind_name(next->kind) : "end",
							  .actual_text = rrj_kind_name(kind) },
							NUMBERS("icount", next ? next->icount : -1, icount),
							NUMBERS("loop", next ? next->loop : 0, loop) } },
		 "a turn of kind %s of loop %u starts here; the next one recorded is of kind %s at %" PRId64
		 " (loop %" PRIu32 ")",
		 rrj_kind_name(kind), loop, next ? rrj_kind_name(next->kind) : "none", next ? next->icount : -1,
		 next ? next->loop : 0);
}

/* ---- the trail ---- */

/*
 * A request that was submitted since the last turn, now or then, and not alike; *submitted: where it was now, -1: not
 * at all. NULL: there is none.
 */
static const struct rrj_request *other_submission(int64_t icount, compare_later *later, int64_t *submitted)
{
	const struct rrj_request *then;
	uint64_t first = trail_submission(0, submitted), ticket, last = 0;

	for (size_t i = 0; (ticket = trail_submission(i, submitted)); i++)
		last = ticket;
	while ((then = later())) {
		if (last && then->ticket >= first && then->ticket <= last) {
			trail_submission(then->ticket - first, submitted);
			if (then->submit_icount != *submitted)
				return then;
		}
		*submitted = -1;
		if (last && then->ticket == last + 1 && then->submit_icount < icount)
			return then;
	}
	return NULL;
}

/* The last releases, as words: as many as there is room for. */
static void name_releases(char *text, size_t size)
{
	enum { LONGEST = sizeof(", 18446744073709551615") };
	uint64_t ticket;
	size_t used = 0;

	snprintf(text, size, "none");
	for (size_t i = 0; used + LONGEST < size && (ticket = trail_release(i)); i++)
		used += (size_t)snprintf(text + used, size - used, "%s%" PRIu64, i ? ", " : "", ticket);
}

void compare_trail(uint32_t then, uint32_t now, int64_t icount, compare_later *later)
{
	const struct rrj_request *request;
	struct divergence divergence = {
		.id = "diverged-trail",
		.icount = icount,
		.differences = { NUMBERS("digest", then, now) },
	};
	int64_t submitted;
	char releases[256];

	if (then == now)
		return;
	name_releases(releases, sizeof(releases));
	request = other_submission(icount, later, &submitted);
	if (!request)
		diverged(&divergence,
			 "in the last few turns something has happened otherwise than recorded, or not at all: a "
			 "doorbell, an "
			 "input, a submission, or what was released (requests: %s)",
			 releases);
	divergence.request = request;
	divergence.file = file_recorded_name(request->file);
	divergence.id = "diverged-submission";
	divergence.differences[1] =
		(struct difference)NUMBERS("submission at instruction", request->submit_icount, submitted);
	diverged(&divergence, "request %" PRIu64 " was submitted at %" PRId64 " when it was recorded, %s %" PRId64,
		 request->ticket, request->submit_icount, submitted < 0 ? "and not at all until" : "now at",
		 submitted < 0 ? icount : submitted);
}

/* ---- requests ---- */

void compare_releases(const struct rrj_request *requests, uint32_t count, int64_t icount)
{
	for (uint32_t i = 1; i < count; i++)
		for (uint32_t j = 0; j < i; j++)
			if (requests[i].ticket == requests[j].ticket)
				diverged(&(struct divergence){ .id = "diverged-twice",
							       .icount = icount,
							       .request = &requests[i],
							       .file = file_recorded_name(requests[i].file) },
					 "request %" PRIu64 " is released twice by the turn recorded here",
					 requests[i].ticket);
}

/* What two runs' requests have in common. */
static const char *const compared[] = { "file",	 "operation", "offset",	  "length",
					"calls", "result",    "checksum", "submission at instruction" };

enum { COMPARED = sizeof(compared) / sizeof(compared[0]), RESULT_VALUE = 5, CHECKSUM_VALUE = 6 };

_Static_assert(COMPARED + 1 < DIFFERENCES, "all of a request's values fit a divergence, and an end behind them");

static void values(const struct rrj_request *request, int64_t value[COMPARED])
{
	const int64_t in_order[COMPARED] = {
		request->file,	request->op,	 (int64_t)request->offset, (int64_t)request->length,
		request->calls, request->result, request->checksum,	   request->submit_icount
	};

	memcpy(value, in_order, sizeof(in_order));
}

/*
 * A worker writes what is in the guest's memory when it gets to it; a guest that changes it meanwhile has no right to
 * expect either. Nothing in the guest differs yet: replay goes on, and stops where it reads what is not as it was.
 */
static bool is_race(int compared_value, const struct rrj_request *then, const struct gate_request *done)
{
	const struct rrj_request *now = &done->request;

	if (compared_value != CHECKSUM_VALUE || now->op != RRJ_WRITE)
		return false;
	message(MODULE_FILES, MESSAGE_WARN,
		"racing write: request %" PRIu64 " (%s, offset %" PRIu64 ", %" PRIu64
		" bytes) wrote other data than when it was recorded (checksum %08" PRIx32 ", recorded %08" PRIx32
		"): the guest changes it while it is written; replay goes on, and stops if the guest reads it back "
		"[racing-write]",
		now->ticket, file_name(done->file), now->offset, now->length, now->checksum, then->checksum);
	return true;
}

/* What a read returns depends on the image; all else on the guest. */
static const char *explain(int compared_value, const struct gate_request *done)
{
	bool of_content = compared_value == CHECKSUM_VALUE || compared_value == RESULT_VALUE;

	return of_content && done->request.op == RRJ_READ ? file_explain(done->file) : "";
}

static _Noreturn void request_differs(const struct gate_request *done, int first, const int64_t was[COMPARED],
				      const int64_t now[COMPARED], const struct rrj_request *then)
{
	const struct rrj_request *request = &done->request;
	struct divergence divergence = { .id = "diverged-request",
					 .icount = turnstile_icount(),
					 .request = request,
					 .file = file_name(done->file) };

	for (int i = 0; i < COMPARED; i++)
		divergence.differences[i] = (struct difference)NUMBERS(compared[i], was[i], now[i]);
	divergence.differences[1].expected_text = rrj_op_name(then->op);
	divergence.differences[1].actual_text = rrj_op_name(request->op);
	diverged(&divergence,
		 "request %" PRIu64 " (%s of %s, offset %" PRIu64 ", %" PRIu64
		 " bytes) is not the recorded one: %s %" PRId64 ", recorded %" PRId64 "%s",
		 request->ticket, rrj_op_name(request->op), file_name(done->file), request->offset, request->length,
		 compared[first], now[first], was[first], explain(first, done));
}

struct rrj_request compare_request(const struct rrj_request *then, const struct gate_request *done)
{
	struct rrj_request same = done->request;
	int64_t now[COMPARED], was[COMPARED];

	values(&done->request, now);
	values(then, was);
	for (int i = 0; i < COMPARED; i++)
		if (now[i] != was[i] && !is_race(i, then, done))
			request_differs(done, i, was, now, then);
	same.checksum = then->checksum;
	return same;
}

/* ---- inputs and the end ---- */

void compare_input(const struct rrj_input *then, const struct rrj_input *now)
{
	size_t size = now->size == COMPARE_ANY_SIZE && then ? then->size : now->size;

	if (then && then->source == now->source && then->size == size &&
	    (then->icount == -1 || then->icount == now->icount))
		return;
	diverged(&(struct divergence){ .id = "diverged-input",
				       .icount = now->icount,
				       .differences = { { .what = "source",
							  .expected_text = then ? rrj_source_name(then->source) : NULL,
							  .actual_text = rrj_source_name(now->source) },
							NUMBERS("bytes", then ? (int64_t)then->size : 0, (int64_t)size),
							NUMBERS("icount", then ? then->icount : -1, now->icount) } },
		 "the emulator asks for an input of source %s, the recording has %s%s", rrj_source_name(now->source),
		 then ? rrj_source_name(then->source) : "none here", then ? ", elsewhere or of another size" : "");
}

void compare_end(const struct rrj_turn *next, const struct rrj_end *end, int64_t icount)
{
	if (next)
		diverged(&(struct divergence){ .id = "diverged-end",
					       .icount = icount,
					       .differences = { { .what = "kind",
								  .expected_text = rrj_kind_name(next->kind),
								  .actual_text = "end" },
								NUMBERS("icount", next->icount, icount) } },
			 "the emulator ended, where the recording goes on with turn %" PRIu64 " (%s at %" PRId64 ")",
			 next->seq, rrj_kind_name(next->kind), next->icount);
	if (end && end->icount != icount)
		diverged(&(struct divergence){ .id = "diverged-end-count",
					       .icount = icount,
					       .differences = { NUMBERS("icount", end->icount, icount) } },
			 "the emulator ended here, and at %" PRId64 " when it was recorded", end->icount);
}
