// SPDX-License-Identifier: GPL-2.0-or-later
/* spread.c - cells of a width that grows with the value, as HDR histograms have them. Owns nothing; cannot fail. */
#include "spread.h"

enum { SUB = 32, SUB_BITS = 5 };

static unsigned cell_of(int64_t value)
{
	uint64_t v = value < 0 ? 0 : (uint64_t)value;
	int shift = v < SUB ? 0 : 63 - __builtin_clzll(v) - SUB_BITS;

	return v < SUB ? (unsigned)v : (unsigned)(SUB * (shift + 1)) + (unsigned)((v >> shift) - SUB);
}

static int64_t first_of(unsigned cell)
{
	unsigned shift = cell / SUB;

	return shift ? (int64_t)((uint64_t)(SUB + cell % SUB) << (shift - 1)) : (int64_t)cell;
}

void spread_add(struct spread *s, int64_t value)
{
	s->cells[cell_of(value)]++;
	s->count++;
	s->sum += value > 0 ? (double)value : 0;
	if (value > s->most)
		s->most = value;
}

int64_t spread_quantile(const struct spread *s, double part)
{
	uint64_t wanted = (uint64_t)(part * (double)s->count + 0.5), seen = 0;

	for (unsigned i = 0; i < SPREAD_CELLS && s->count; i++) {
		seen += s->cells[i];
		if (seen >= wanted && seen) {
			int64_t middle = i + 1 < SPREAD_CELLS ? (first_of(i) + first_of(i + 1) - 1) / 2 : first_of(i);

			return middle < s->most ? middle : s->most;
		}
	}
	return s->most;
}

uint64_t spread_between(const struct spread *s, int64_t from, int64_t to)
{
	uint64_t n = 0;

	for (unsigned i = cell_of(from); i < SPREAD_CELLS && first_of(i) < to; i++)
		n += s->cells[i];
	return n;
}
