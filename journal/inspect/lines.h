/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lines.h - one record as a line: for people, as JSON, as CSV. One thread.
 */
#ifndef INSPECT_LINES_H
#define INSPECT_LINES_H

#include "field.h"

struct columns {
	enum field_id id[FIELDS];
	int count; /* 0: the usual ones */
};

/* Takes -F's list; NULL is none. */
enum status columns_read(struct columns *columns, const char *list);

struct format {
	const char *name;
	void (*begin)(const struct columns *columns);
	void (*line)(struct view *view, const struct columns *columns);
};

/* text, ndjson, csv; NULL is text. */
enum status format_find(const struct format **format, const char *name);

extern const struct format format_text, format_ndjson, format_csv;

/* A line of text that is not a record's: up to the fourth column. */
void lines_lead(const char *what);

#endif
