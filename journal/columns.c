// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * columns.c - which byte of a block's content belongs into which column.
 *
 * Owns nothing but that. Any thread; no allocation, no system call. Splitting and joining take the same walk, whose
 * next step depends on the bytes before it alone: so any content comes back as it was, also one that is not of records,
 * and what a later version adds to a record ends in the column of the field that it follows. Joining may fail;
 * splitting cannot.
 */
#include "columns.h"

#include <string.h>

#include "compact.h"

/* The columns in their order. A field has three: for a number's first byte, its second, and the others. */
enum {
	WIDTH = 3,
	TYPES = 16,
	HEADS = 0,  /* the records' first bytes */
	LONG_SIZES, /* and what follows those that say 15 */
	OTHERS,	    /* the payloads of records without fields, one for each type */
	TURNS = OTHERS + TYPES,
};

enum how {
	NUMBER,
	BYTES, /* so many, in the first of the three columns */
	REST,  /* all that the record has left, there too: the last field of each table */
};

/* It is there when these bits of the record's first number are all clear, or one is set. */
struct field {
	uint8_t how, size;
	uint16_t bits;
	bool set;
};

static const struct field turn_fields[] = {
	{ NUMBER, 0, 0, false },	     /* the first number */
	{ NUMBER, 0, RRJ_KIND_MASK, false }, /* kind and loop */
	{ NUMBER, 0, RRJ_STILL, false },     /* count */
	{ NUMBER, 0, RRJ_STILL, false },     /* time */
	{ NUMBER, 0, RRJ_SHIFTED, true },    /* shift */
	{ REST, 0, 0, false },		     /* digests */
};

static const struct field request_fields[] = {
	{ NUMBER, 0, 0, false },		/* the first number */
	{ NUMBER, 0, RRJ_OTHER_FILE, true },	/* file */
	{ NUMBER, 0, RRJ_OTHER_OP, true },	/* op */
	{ NUMBER, 0, RRJ_OTHER_TICKET, true },	/* ticket */
	{ NUMBER, 0, RRJ_OTHER_LENGTH, true },	/* length */
	{ NUMBER, 0, RRJ_OTHER_OFFSET, true },	/* offset */
	{ NUMBER, 0, RRJ_OTHER_RESULT, true },	/* calls */
	{ NUMBER, 0, RRJ_OTHER_RESULT, true },	/* result */
	{ BYTES, 4, RRJ_CHECKSUM, true },	/* checksum */
	{ NUMBER, 0, 0, false },		/* where it was submitted */
	{ NUMBER, 0, RRJ_EXACT_LATENCY, true }, /* latency, exact */
	{ BYTES, 1, RRJ_EXACT_LATENCY, false }, /* latency, short */
	{ REST, 0, 0, false },			/* stack */
};

#define FIELDS(table) (sizeof(table) / sizeof((table)[0]))

enum { REQUESTS = TURNS + WIDTH * FIELDS(turn_fields) };

_Static_assert(REQUESTS + WIDTH * FIELDS(request_fields) == RRJ_COLUMNS, "FORMAT.md numbers them");

/* A walk over content, which may be there, or come as the walk goes. */
struct walk {
	uint8_t *at, *end; /* of the content */
	uint8_t *next[RRJ_COLUMNS];
	uint32_t left[RRJ_COLUMNS];
	bool bad;
};

/* Moves n bytes, at least one, between the content and a column, or counts them alone; the content has them then. */
typedef void mover(struct walk *w, unsigned column, size_t n);

/* A number, of as many bytes as it says, up to `end`. */
static inline __attribute__((always_inline)) uint64_t walk_number(struct walk *w, mover *move, unsigned column,
								  unsigned width, const uint8_t *end)
{
	uint64_t number = 0;
	uint8_t byte = 128;

	for (unsigned n = 0; byte & 128 && w->at < end; n++) {
		move(w, column + (n < width ? n : width - 1), 1);
		byte = w->at[-1];
		if (n < RRJ_VARINT_MAX)
			number |= (uint64_t)(byte & 127) << 7 * n;
	}
	return number;
}

static inline __attribute__((always_inline)) void walk_fields(struct walk *w, mover *move, const struct field *field,
							      unsigned column, const uint8_t *end)
{
	uint64_t shape = walk_number(w, move, column, WIDTH, end);

	while (w->at < end) {
		size_t left = (size_t)(end - w->at);

		field++;
		column += WIDTH;
		if (!!(shape & field->bits) != field->set)
			continue;
		if (field->how == NUMBER)
			walk_number(w, move, column, WIDTH, end);
		else
			move(w, column, field->how == REST || left < field->size ? left : field->size);
	}
}

static inline __attribute__((always_inline)) void walk(struct walk *w, mover *move)
{
	while (w->at < w->end) {
		const uint8_t *end = w->end;
		uint64_t size;
		unsigned type;

		move(w, HEADS, 1);
		type = w->at[-1] & (TYPES - 1);
		size = w->at[-1] >> 4;
		if (size == TYPES - 1)
			size += walk_number(w, move, LONG_SIZES, 1, w->end);
		if (size < (uint64_t)(w->end - w->at))
			end = w->at + size;
		if (type == RRJ_COMPACT_TURN)
			walk_fields(w, move, turn_fields, TURNS, end);
		else if (type == RRJ_COMPACT_REQUEST)
			walk_fields(w, move, request_fields, REQUESTS, end);
		else if (w->at < end)
			move(w, OTHERS + type, (size_t)(end - w->at));
	}
}

static void count(struct walk *w, unsigned column, size_t n)
{
	w->left[column] += (uint32_t)n;
	w->at += n;
}

enum { FEW = 16 };

/* Mostly few: what was received, or looked up, may be a mebibyte. */
static void copy(uint8_t *to, const uint8_t *from, size_t n)
{
	if (n > FEW)
		memcpy(to, from, n);
	else
		for (size_t i = 0; i < n; i++)
			to[i] = from[i];
}

static void put(struct walk *w, unsigned column, size_t n)
{
	copy(w->next[column], w->at, n);
	w->next[column] += n;
	w->at += n;
}

/* Without enough bytes, others: then nothing is right, but the walk ends. */
static void get(struct walk *w, unsigned column, size_t n)
{
	w->bad |= n > w->left[column];
	if (w->bad)
		memset(w->at, 0, n);
	else
		copy(w->at, w->next[column], n);
	w->next[column] += n;
	w->left[column] -= (uint32_t)n;
	w->at += n;
}

/* They stand behind each other. */
static void place(struct walk *w, uint8_t *columns, const uint32_t sizes[RRJ_COLUMNS])
{
	for (unsigned i = 0; i < RRJ_COLUMNS; columns += sizes[i++])
		w->next[i] = columns;
}

void rrj_columns_split(uint8_t *columns, uint32_t sizes[RRJ_COLUMNS], const uint8_t *content, size_t size)
{
	uint8_t *start = (uint8_t *)content; /* only read */
	struct walk w = { .at = start, .end = start + size };

	walk(&w, count);
	memcpy(sizes, w.left, sizeof(w.left));
	place(&w, columns, sizes);
	w.at = start;
	walk(&w, put);
}

bool rrj_columns_join(uint8_t *content, size_t size, uint8_t *columns, const uint32_t sizes[RRJ_COLUMNS])
{
	struct walk w = { .at = content, .end = content + size };

	place(&w, columns, sizes);
	memcpy(w.left, sizes, sizeof(w.left));
	walk(&w, get);
	return !w.bad;
}
