/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * field.h - what can be asked of a record: the columns of -F, the names in filters, the keys of JSON and CSV. One
 * thread.
 */
#ifndef INSPECT_FIELD_H
#define INSPECT_FIELD_H

#include "quantity.h"
#include "view.h"

enum field_id {
	FIELD_TYPE,
	FIELD_TICKET,
	FIELD_TURN,
	FIELD_KIND,
	FIELD_LOOP,
	FIELD_ICOUNT,
	FIELD_TIME,
	FIELD_OP,
	FIELD_DEV,
	FIELD_FILE,
	FIELD_OFF,
	FIELD_LEN,
	FIELD_RES,
	FIELD_LAT,
	FIELD_INSNS,
	FIELD_SUBMIT,
	FIELD_CALLS,
	FIELD_SUM,
	FIELD_STACK,
	FIELD_RELEASES,
	FIELD_SOURCE,
	FIELD_SIZE,
	FIELD_TEXT,
	FIELD_CALL,
	FIELD_FD,
	FIELDS,
};

struct value {
	enum { VALUE_NONE, VALUE_SIGNED, VALUE_UNSIGNED, VALUE_TEXT } kind;
	union {
		int64_t number;
		uint64_t size;
		const char *text;
	};
};

struct field {
	const char *name, *header, *help;
	int width; /* negative: to the left */
	enum { PLAIN, NAME, HEX, RESULT, TIME, SECONDS } form;
	enum unit unit;
	const char *(*names)(int value); /* of a NAME that has so many values and no others; NULL behind the last */
};

extern const struct field fields[FIELDS];

/* The field's value in that record; VALUE_NONE: such a record has none. */
struct value field_value(enum field_id id, struct view *view);

/* By a name of so many characters; -1: there is none. */
int field_find(const char *name, size_t length);

/* All names, with commas. */
const char *field_list(void);

/* As text, in that many columns. */
void field_print(enum field_id id, struct value value, int width);

/* What a record says that is no field: the words behind its line. */
void field_words(struct view *view, char *out, size_t room);

#endif
