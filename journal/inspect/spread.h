/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spread.h - how values are spread: count, sum, greatest, and quantiles to within 3 percent, in constant memory.
 */
#ifndef INSPECT_SPREAD_H
#define INSPECT_SPREAD_H

#include <stdint.h>

/* Below 32 each value has a cell; from there on each power of two has 32. */
enum { SPREAD_CELLS = 32 * 60 };

struct spread {
	uint64_t count, cells[SPREAD_CELLS];
	int64_t most;
	double sum;
};

/* A value below 0 counts as 0. */
void spread_add(struct spread *spread, int64_t value);

/* The value below or at which that part of all are; 0 of none. */
int64_t spread_quantile(const struct spread *spread, double part);

/* How many are from (including) to (not including). Exact where both are powers of two. */
uint64_t spread_between(const struct spread *spread, int64_t from, int64_t to);

#endif
