// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * timeline.c - from instructions to the host's time and back, by the turns, which say both.
 *
 * Owns the last turns. One thread; allocates only in timeline_new. What is between two turns is on a line between them.
 */
#include <stdlib.h>

#include "export.h"

enum { TURNS = 1 << 16 };

struct point {
	int64_t icount, ns;
};

struct timeline {
	struct point points[TURNS];
	uint64_t count;
};

struct timeline *timeline_new(void)
{
	return calloc(1, sizeof(struct timeline));
}

void timeline_free(struct timeline *t)
{
	free(t);
}

static const struct point *point(const struct timeline *t, uint64_t i)
{
	return &t->points[i % TURNS];
}

void timeline_turn(struct timeline *t, const struct event *event)
{
	const struct point *last = t->count ? point(t, t->count - 1) : NULL;

	if (last && (event->icount < last->icount || event->time_ns < last->ns))
		return;
	t->points[t->count++ % TURNS] = (struct point){ event->icount, event->time_ns };
}

/* The value at x on the line through two points. */
static int64_t between(int64_t x, int64_t x0, int64_t y0, int64_t x1, int64_t y1)
{
	if (x <= x0 || x1 <= x0)
		return y0;
	return x >= x1 ? y1 : y0 + (int64_t)((double)(x - x0) / (double)(x1 - x0) * (double)(y1 - y0));
}

/* The first remembered turn that is not before; by_ns: that is a time. */
static uint64_t first_behind(const struct timeline *t, int64_t value, bool by_ns)
{
	uint64_t low = t->count > TURNS ? t->count - TURNS : 0, high = t->count;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		const struct point *p = point(t, middle);

		if ((by_ns ? p->ns : p->icount) < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int64_t translate(const struct timeline *t, int64_t value, bool from_ns)
{
	uint64_t at = first_behind(t, value, from_ns), oldest = t->count > TURNS ? t->count - TURNS : 0;
	const struct point *a, *b;

	if (!t->count)
		return 0;
	b = point(t, at < t->count ? at : t->count - 1);
	a = at > oldest ? point(t, at - 1) : b;
	return from_ns ? between(value, a->ns, a->icount, b->ns, b->icount)
		       : between(value, a->icount, a->ns, b->icount, b->ns);
}

int64_t timeline_ns(const struct timeline *t, int64_t icount)
{
	return translate(t, icount, false);
}

int64_t timeline_icount(const struct timeline *t, int64_t ns)
{
	return translate(t, ns, true);
}

struct lifetime timeline_request(const struct timeline *t, const struct event *event, enum clock clock)
{
	const struct rrj_request *request = &event->record.request;
	int64_t submitted = request->submit_icount < 0 ? event->icount : request->submit_icount;
	int64_t submitted_ns = timeline_ns(t, submitted), finished_ns;
	struct lifetime life;

	finished_ns = submitted_ns + (request->latency_ns > 0 ? request->latency_ns : 0);
	finished_ns = finished_ns > event->time_ns ? event->time_ns : finished_ns;
	if (clock == CLOCK_NS)
		return (struct lifetime){ submitted_ns, finished_ns, event->time_ns };
	life = (struct lifetime){ submitted, timeline_icount(t, finished_ns), event->icount };
	life.finished = life.finished < submitted ? submitted : life.finished;
	return life;
}
