// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * order.c - puts requests, which are recorded as they are released, into the order of their tickets.
 *
 * Owns a window of tickets and a queue behind it. One thread; allocates only in order_new. A ticket that is still
 * missing when a window more has been submitted was cancelled.
 */
#include "order.h"

#include <stdlib.h>

enum { WINDOW = 8192 };

struct order {
	struct view *view;
	uint64_t next, newest;
	bool at_end;
	bool has[2 * WINDOW];
	struct event window[2 * WINDOW];
	struct event queue[ORDER_AHEAD];
	unsigned first, count;
};

struct order *order_new(struct view *view)
{
	struct order *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->view = view;
	o->next = 1;
	return o;
}

void order_free(struct order *o)
{
	free(o);
}

/* One more request into the window. */
static void read_one(struct order *o)
{
	while (view_next(o->view)) {
		const struct event *event = &o->view->event;
		uint64_t ticket = event->record.request.ticket;

		if (event->record.type != RRJ_REQUEST || ticket < o->next || ticket - o->next >= 2 * WINDOW)
			continue;
		o->window[ticket % (2 * WINDOW)] = *event;
		o->has[ticket % (2 * WINDOW)] = true;
		if (ticket > o->newest)
			o->newest = ticket;
		return;
	}
	o->at_end = true;
}

/* One more into the queue; false: there is none. */
static bool enqueue(struct order *o)
{
	for (;;) {
		unsigned slot = (unsigned)(o->next % (2 * WINDOW));

		if (o->has[slot]) {
			o->has[slot] = false;
			o->next++;
			o->queue[(o->first + o->count++) % ORDER_AHEAD] = o->window[slot];
			return true;
		}
		if (o->at_end ? o->next > o->newest : o->newest < o->next + WINDOW) {
			if (o->at_end)
				return false;
			read_one(o);
		} else {
			o->next++;
		}
	}
}

const struct event *order_peek(struct order *o, unsigned ahead)
{
	while (o->count <= ahead)
		if (ahead >= ORDER_AHEAD || !enqueue(o))
			return NULL;
	return &o->queue[(o->first + ahead) % ORDER_AHEAD];
}

void order_pass(struct order *o, unsigned count)
{
	for (; count && order_peek(o, 0); count--) {
		o->first = (o->first + 1) % ORDER_AHEAD;
		o->count--;
	}
}
