// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reader.c - hands out a recording's records, from its start or a block's on, and says how far they can be trusted.
 *
 * Owns its memory and the files that it opens, not the caller's descriptor. One thread per reader; readers are
 * independent of each other and of the writer. Allocates only in rrj_reader_new. On failure the position stays, so
 * that a later call can go on where a recording has grown. Where content comes from: content.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "record.h"
#include "rrio/journal.h"

struct rrj_reader {
	struct rrj_content content;
	struct rrj_delta delta;
	enum rrj_state state;
	bool started, ended;
	struct rrj_in records; /* what is left of the content at hand */
	struct rrj_signal signal;
};

int rrj_reader_new(struct rrj_reader **reader, int fd)
{
	struct rrj_reader *r = calloc(1, sizeof(*r));
	int error = r ? rrj_content_open(&r->content, fd) : -ENOMEM;

	if (error) {
		free(r);
		return error;
	}
	*reader = r;
	return 0;
}

void rrj_reader_free(struct rrj_reader *r)
{
	if (r)
		rrj_content_close(&r->content);
	free(r);
}

enum rrj_state rrj_reader_state(const struct rrj_reader *r)
{
	return r->state;
}

uint64_t rrj_reader_offset(const struct rrj_reader *r)
{
	return r->content.offset;
}

const char *rrj_reader_file(const struct rrj_reader *r)
{
	return r->content.file;
}

static int damaged(struct rrj_reader *r)
{
	r->state = RRJ_DAMAGED;
	return -EBADMSG;
}

/* ---- records ---- */

/* START is first and once, and nothing comes behind END. */
static bool in_order(const struct rrj_reader *r, int type)
{
	return !r->ended && (type >= RRJ_TYPES || r->started == (type != RRJ_START));
}

/* Takes one record of the content at hand: 1, 0 for one to skip, or -EBADMSG. */
static int take(struct rrj_reader *r, struct rrj_record *record)
{
	struct rrj_in payload;
	int type = rrj_record_split(&r->records, &payload);
	int found;

	if (type < 0 || !in_order(r, rrj_record_type(type)))
		return -EBADMSG;
	found = rrj_record_decode(record, type, payload, &r->delta, &r->signal);
	if (found <= 0)
		return found;
	if (type == RRJ_START) {
		memcpy(record->start.id, r->content.files.seal.id, sizeof(record->start.id));
		record->start.needs = r->content.files.seal.needs & ~(uint32_t)RRJ_NEEDS_ALWAYS;
		r->started = true;
	}
	r->ended = type == RRJ_END;
	return 1;
}

/* More content: 1, or what rrj_next returns. A block must start where the one before it has ended. */
static int more(struct rrj_reader *r)
{
	struct rrj_content *c = &r->content;
	int found;

	do {
		struct rrj_place end = { .turns = r->delta.seq, .icount = r->delta.icount };

		found = rrj_content_more(c, &end, r->ended);
		if (found == RRJ_NEXT_BLOCK)
			r->delta = rrj_place_delta(&c->place);
	} while (found == RRJ_NEXT_BLOCK);
	if (found == -EBADMSG)
		return damaged(r);
	if (found > 0) {
		r->records = (struct rrj_in){ .p = c->bytes + c->taken, .end = c->bytes + c->size };
		c->taken = c->size;
	}
	if (!found)
		r->state = r->ended ? RRJ_WHOLE : RRJ_EARLY;
	return found;
}

int rrj_next(struct rrj_reader *r, struct rrj_record *record)
{
	int found = 0;

	if (r->state == RRJ_DAMAGED)
		return -EBADMSG;
	r->state = RRJ_MORE;
	while (!found) {
		if (r->records.p == r->records.end) {
			found = more(r);
			if (found <= 0)
				return found;
		}
		found = take(r, record);
	}
	return found < 0 ? damaged(r) : found;
}

/* ---- seeking ---- */

static int seek(struct rrj_reader *r, rrj_content_before *before, uint64_t value)
{
	int error = rrj_content_seek(&r->content, before, value);

	r->records = (struct rrj_in){ 0 };
	r->delta = rrj_place_delta(&r->content.place);
	r->state = RRJ_MORE;
	r->started = r->content.place.number > 0;
	r->ended = false;
	return error;
}

static bool before_icount(const struct rrj_place *place, uint64_t value)
{
	return (int64_t)place->icount < (int64_t)value;
}

static bool before_turn(const struct rrj_place *place, uint64_t value)
{
	return place->turns < value;
}

int rrj_seek_icount(struct rrj_reader *r, int64_t icount)
{
	return seek(r, before_icount, (uint64_t)icount);
}

int rrj_seek_turn(struct rrj_reader *r, uint64_t seq)
{
	return seek(r, before_turn, seq);
}
