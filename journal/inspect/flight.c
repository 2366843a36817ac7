// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flight.c - a window of tickets, and a heap of those in flight by the place of their release.
 *
 * Owns both. One thread; allocates only in flight_new.
 */
#include "flight.h"

#include <stdlib.h>

enum { WINDOW = 2 * FLIGHT_MOST, FILES = 64 };

struct flight {
	flight_take *take;
	void *data;
	uint64_t next, newest; /* ticket */
	bool has[WINDOW];
	struct flown window[WINDOW];
	struct flown heap[WINDOW]; /* the first one is released first */
	unsigned count;
	unsigned by_file[FILES];
};

struct flight *flight_new(flight_take *take, void *data)
{
	struct flight *f = calloc(1, sizeof(*f));

	if (f) {
		f->take = take;
		f->data = data;
	}
	return f;
}

static void swap(struct flown *a, struct flown *b)
{
	struct flown c = *a;

	*a = *b;
	*b = c;
}

static void push(struct flight *f, const struct flown *request)
{
	unsigned at = f->count++;

	f->heap[at] = *request;
	for (; at && f->heap[(at - 1) / 2].released > f->heap[at].released; at = (at - 1) / 2)
		swap(&f->heap[at], &f->heap[(at - 1) / 2]);
	f->by_file[request->file % FILES]++;
}

static void pop(struct flight *f)
{
	unsigned at = 0;

	f->by_file[f->heap[0].file % FILES]--;
	f->heap[0] = f->heap[--f->count];
	while (2 * at + 1 < f->count) {
		unsigned child = 2 * at + 1;

		if (child + 1 < f->count && f->heap[child + 1].released < f->heap[child].released)
			child++;
		if (f->heap[at].released <= f->heap[child].released)
			break;
		swap(&f->heap[at], &f->heap[child]);
		at = child;
	}
}

static void take_next(struct flight *f)
{
	struct flown *request = &f->window[f->next % WINDOW];

	if (f->has[f->next++ % WINDOW]) {
		f->has[request->ticket % WINDOW] = false;
		while (f->count && (f->heap[0].released <= request->submitted || f->count == WINDOW))
			pop(f);
		push(f, request);
		f->take(f->data, request, f->count, f->by_file[request->file % FILES]);
	}
}

void flight_add(struct flight *f, const struct flown *request)
{
	if (!f->next)
		f->next = request->ticket > FLIGHT_MOST ? request->ticket - FLIGHT_MOST : 1;
	/* A leap that no writer makes: what there was is complete. */
	if (request->ticket >= f->next + WINDOW + FLIGHT_MOST) {
		for (unsigned i = 0; i < WINDOW; i++)
			take_next(f);
		f->next = request->ticket - FLIGHT_MOST;
	}
	if (request->ticket < f->next)
		return;
	while (request->ticket >= f->next + FLIGHT_MOST)
		take_next(f);
	f->window[request->ticket % WINDOW] = *request;
	f->has[request->ticket % WINDOW] = true;
	if (request->ticket > f->newest)
		f->newest = request->ticket;
}

void flight_end(struct flight *f)
{
	while (f && f->next && f->next <= f->newest)
		take_next(f);
	free(f);
}
