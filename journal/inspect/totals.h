/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * totals.h - what many records amount to: requests by group, latencies, queue depth. Constant memory, below 24 MiB.
 */
#ifndef INSPECT_TOTALS_H
#define INSPECT_TOTALS_H

#include "flight.h"
#include "spread.h"
#include "view.h"

enum { BY_DEV = 1, BY_OP = 2, BY_SIZE = 4 };

struct group {
	uint32_t file;
	enum rrj_op op; /* 0: any */
	int size;	/* the power of two that is not less than the length; -1: any, or no data */
	uint64_t requests, bytes, errors;
	struct spread lat_ns, insns;
};

struct groups {
	unsigned by, count, room;
	struct group **group; /* in the order of first use */
};

struct totals {
	struct group all;
	struct groups groups, sizes; /* as asked for; by size alone */
	uint64_t turns, inputs;
	int64_t first_icount, last_icount, first_ns, last_ns;
	bool any;
	struct spread depth; /* at submission */
	struct flight *flight;
	struct event *top; /* the slowest on the host, slowest first */
	struct event *top_insns;
	unsigned top_room, top_count, top_insns_count;
	bool failed; /* no memory: something was not counted */
};

/* NULL: no memory. */
struct totals *totals_new(unsigned by, unsigned top);
void totals_add(struct totals *totals, const struct event *event);

/* Nothing more comes. */
void totals_end(struct totals *totals);
void totals_free(struct totals *totals);

/* The mean number of requests in flight, over guest instructions. */
double totals_mean_depth(const struct totals *totals);

#endif
