// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * totals.c - counts requests as they come.
 *
 * Owns the groups and the slowest requests. One thread. Without memory for one more group its requests are in the sum
 * alone, and `failed` says so.
 */
#include "totals.h"

#include <stdlib.h>

enum { MOST_GROUPS = 300 };

static void take_depth(void *data, const struct flown *request, unsigned all, unsigned own)
{
	struct totals *t = data;

	(void)request;
	(void)own;
	spread_add(&t->depth, all);
}

struct totals *totals_new(unsigned by, unsigned top)
{
	struct totals *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->groups.by = by;
	t->sizes.by = BY_SIZE;
	t->flight = flight_new(take_depth, t);
	t->top_room = top;
	t->top = calloc(top + 1, sizeof(*t->top));
	t->top_insns = calloc(top + 1, sizeof(*t->top_insns));
	if (t->flight && t->top && t->top_insns)
		return t;
	totals_free(t);
	return NULL;
}

static void free_groups(struct groups *groups)
{
	for (unsigned i = 0; i < groups->count; i++)
		free(groups->group[i]);
	free(groups->group);
}

void totals_free(struct totals *t)
{
	if (!t)
		return;
	flight_end(t->flight);
	free_groups(&t->groups);
	free_groups(&t->sizes);
	free(t->top);
	free(t->top_insns);
	free(t);
}

/* ---- groups ---- */

static bool has_data(enum rrj_op op)
{
	return op == RRJ_READ || op == RRJ_WRITE || op == RRJ_COPY;
}

static int size_of(const struct rrj_request *request)
{
	uint64_t length = request->length;

	if (!has_data(request->op) || !length)
		return -1;
	return length == 1 ? 0 : 64 - __builtin_clzll(length - 1);
}

static struct group *new_group(struct groups *groups, const struct group *key)
{
	struct group **grown, *group;

	if (groups->count == MOST_GROUPS)
		return NULL;
	if (groups->count == groups->room) {
		grown = realloc(groups->group, (groups->room + 32) * sizeof(*grown));
		if (!grown)
			return NULL;
		groups->group = grown;
		groups->room += 32;
	}
	group = calloc(1, sizeof(*group));
	if (!group)
		return NULL;
	group->file = key->file;
	group->op = key->op;
	group->size = key->size;
	groups->group[groups->count++] = group;
	return group;
}

static struct group *find_group(struct groups *groups, const struct rrj_request *request)
{
	uint32_t file = groups->by & BY_DEV ? request->file : 0;
	enum rrj_op op = groups->by & BY_OP ? request->op : 0;
	int size = groups->by & BY_SIZE ? size_of(request) : -1;

	for (unsigned i = 0; i < groups->count; i++) {
		struct group *group = groups->group[i];

		if (group->file == file && group->op == op && group->size == size)
			return group;
	}
	return NULL;
}

static void add_to(struct group *group, const struct event *event)
{
	const struct rrj_request *request = &event->record.request;

	group->requests++;
	group->errors += request->result < 0;
	if (has_data(request->op) && request->result >= 0)
		group->bytes += request->length;
	spread_add(&group->lat_ns, request->latency_ns);
	if (request->submit_icount >= 0)
		spread_add(&group->insns, event_insns(event));
}

static void add_in(struct totals *t, struct groups *groups, const struct event *event)
{
	const struct rrj_request *request = &event->record.request;
	struct group *group = find_group(groups, request);

	if (!group) {
		struct group key = { .file = groups->by & BY_DEV ? request->file : 0,
				     .op = groups->by & BY_OP ? request->op : 0,
				     .size = groups->by & BY_SIZE ? size_of(request) : -1 };

		group = new_group(groups, &key);
	}
	if (group)
		add_to(group, event);
	else
		t->failed = true;
}

/* ---- the slowest ---- */

static int64_t latency(const struct event *event)
{
	return event->record.request.latency_ns;
}

static void insert(struct event *top, unsigned *count, unsigned room, const struct event *event,
		   int64_t (*value)(const struct event *event))
{
	unsigned at = *count;

	if (!room || (*count == room && value(&top[room - 1]) >= value(event)))
		return;
	if (*count == room)
		at--;
	else
		++*count;
	for (; at && value(&top[at - 1]) < value(event); at--)
		top[at] = top[at - 1];
	top[at] = *event;
}

/* ---- */

static void add_request(struct totals *t, const struct event *event)
{
	const struct rrj_request *request = &event->record.request;

	add_to(&t->all, event);
	add_in(t, &t->groups, event);
	if (request->op == RRJ_READ || request->op == RRJ_WRITE)
		add_in(t, &t->sizes, event);
	if (request->submit_icount >= 0)
		flight_add(t->flight, &(struct flown){ .ticket = request->ticket,
						       .submitted = request->submit_icount,
						       .released = event->icount,
						       .file = request->file });
	insert(t->top, &t->top_count, t->top_room, event, latency);
	insert(t->top_insns, &t->top_insns_count, t->top_room, event, event_insns);
}

void totals_add(struct totals *t, const struct event *event)
{
	if (!t->any) {
		t->first_icount = event->icount;
		t->first_ns = event->time_ns;
		t->any = true;
	}
	if (event->icount > t->last_icount)
		t->last_icount = event->icount;
	if (event->time_ns > t->last_ns)
		t->last_ns = event->time_ns;
	if (event->record.type == RRJ_TURN)
		t->turns++;
	else if (event->record.type == RRJ_INPUT)
		t->inputs++;
	else if (event->record.type == RRJ_REQUEST)
		add_request(t, event);
}

void totals_end(struct totals *t)
{
	flight_end(t->flight);
	t->flight = NULL;
}

double totals_mean_depth(const struct totals *t)
{
	int64_t span = t->last_icount - t->first_icount;

	return span > 0 ? t->all.insns.sum / (double)span : 0;
}
