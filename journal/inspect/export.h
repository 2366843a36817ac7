/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * export.h - what rrio-inspect export writes for other programs. One thread. The view stands where the selection
 * begins.
 */
#ifndef INSPECT_EXPORT_H
#define INSPECT_EXPORT_H

#include "select.h"

enum clock { CLOCK_INSNS, CLOCK_NS };
enum weight { WEIGHT_REQUESTS, WEIGHT_BYTES, WEIGHT_NS };

enum status export_chrome(struct view *view, struct selection *selection, enum clock clock);
enum status export_folded(struct view *view, struct selection *selection, enum weight weight);
enum status export_html(struct view *view, struct selection *selection);

/* ---- when a request was submitted and finished on the host, which the journal has as an instruction count ---- */

struct timeline;

/* NULL: no memory. */
struct timeline *timeline_new(void);
void timeline_free(struct timeline *timeline);

/* Each turn, as it comes. */
void timeline_turn(struct timeline *timeline, const struct event *event);

/* Between two turns that are remembered both run alike; before these, as the first one. */
int64_t timeline_ns(const struct timeline *timeline, int64_t icount);
int64_t timeline_icount(const struct timeline *timeline, int64_t ns);

struct lifetime {
	int64_t submitted, finished, released; /* in order, in instructions or nanoseconds */
};

/* Of the request at hand. */
struct lifetime timeline_request(const struct timeline *timeline, const struct event *event, enum clock clock);

#endif
