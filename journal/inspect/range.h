/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * range.h - a part of a recording, from one place to another. One thread; no allocation.
 */
#ifndef INSPECT_RANGE_H
#define INSPECT_RANGE_H

#include "view.h"

struct bound {
	enum { NO_BOUND, AT_ICOUNT, AT_TURN, AT_TICKET, AT_TIME } at;
	int64_t value;
};

struct range {
	struct bound from, to; /* both within */
	uint64_t last;	       /* instead: so many records before the end; 0: a range */
};

/* Takes the word; what stands for a place in the recording is looked up in the view. */
enum status range_read(struct range *range, const char *word, struct view *view);

bool range_has(const struct range *range, const struct event *event);

/* Can nothing more follow that is within? */
bool range_is_past(const struct range *range, const struct event *event);

#endif
