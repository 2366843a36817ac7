/* SPDX-License-Identifier: GPL-2.0-or-later */
/* outcome.c - a table of the requests that the host refused, sorted by ticket. Who calls what: outcome.h. */
#include "outcome.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "request.h"

static struct outcome {
	uint64_t ticket;
	int64_t result;
} * outcomes;

static size_t count, room;

static void add(uint64_t ticket, int64_t result)
{
	if (count == room) {
		room = room ? 2 * room : 64;
		outcomes = realloc(outcomes, room * sizeof(*outcomes));
		if (!outcomes)
			message_end(STATUS_BUG, "no memory for %zu requests that failed: %s [no-memory-outcomes]", room, strerror(ENOMEM));
	}
	outcomes[count++] = (struct outcome){ ticket, result };
}

static void look_at(const struct rrj_request *request)
{
	int64_t result;

	if (!request_recorded_result(request, 0, &result))
		return;
	if (result < 0 || (request->op == RRJ_WRITE && (uint64_t)result < request->length))
		add(request->ticket, result);
}

static int by_ticket(const void *a, const void *b)
{
	uint64_t one = ((const struct outcome *)a)->ticket, other = ((const struct outcome *)b)->ticket;

	return (one > other) - (one < other);
}

void outcome_load(struct rrj_reader *reader)
{
	struct rrj_record record;

	while (rrj_next(reader, &record) > 0)
		if (record.type == RRJ_REQUEST)
			look_at(&record.request);
	if (count)
		qsort(outcomes, count, sizeof(*outcomes), by_ticket);
}

bool outcome_any(void)
{
	return count;
}

bool outcome_of(uint64_t ticket, int64_t *result)
{
	const struct outcome key = { .ticket = ticket }, *found = NULL;

	if (count)
		found = bsearch(&key, outcomes, count, sizeof(*outcomes), by_ticket);
	if (found)
		*result = found->result;
	return found;
}
