/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filter.h - one condition on a field: "op=read", "lat>10ms". One thread; no allocation: the word stays in use.
 */
#ifndef INSPECT_FILTER_H
#define INSPECT_FILTER_H

#include "field.h"

struct filter {
	enum field_id field;
	enum { IS, IS_NOT, LESS, AT_MOST, MORE, AT_LEAST } how;
	const char *text; /* a pattern, of a name */
	int64_t number;
};

enum status filter_read(struct filter *filter, const char *word);
bool filter_has(const struct filter *filter, struct view *view);

#endif
