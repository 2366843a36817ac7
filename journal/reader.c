// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reader.c - hands out a journal's records, from its start on, and says how far they can be trusted.
 *
 * Owns its memory, not the file descriptor. One thread per reader; readers are independent of each other and of the
 * writer. Calls pread only; allocates only in rrj_reader_new. On failure the position stays, so that a later call can
 * go on where a file has grown.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "record.h"
#include "rrio/journal.h"
#include "window.h"

enum {
	/* The search behind damage also needs the frame that starts at its last byte. */
	ROOM = RRJ_SCAN + RRJ_HEAD_SIZE + RRJ_PAYLOAD_MAX,
	/* How many bytes it checks at most, should every byte pretend to start a large frame. */
	SCAN_EFFORT = 256 << 20,
};

struct rrj_reader {
	struct rrj_window window;
	struct rrj_seal seal;
	struct rrj_delta delta;
	enum rrj_state state;
	bool started, ended;
	uint64_t frame, next;  /* offsets: of the current frame, of the one behind it */
	struct rrj_in records; /* what is left of the current frame; it lies in the window */
	struct rrj_signal signal;
};

int rrj_reader_new(struct rrj_reader **reader, int fd)
{
	struct rrj_reader *r = calloc(1, sizeof(*r));
	const uint8_t *bytes = NULL;
	ssize_t n;

	if (!r)
		return -ENOMEM;
	n = rrj_window_init(&r->window, fd, ROOM);
	n = n ? n : rrj_window_at(&r->window, 0, RRJ_HEADER_SIZE, &bytes);
	n = n < 0 ? n : rrj_header_read(&r->seal, bytes, (size_t)n);
	if (n < 0) {
		rrj_reader_free(r);
		return (int)n;
	}
	r->frame = r->next = RRJ_HEADER_SIZE;
	*reader = r;
	return 0;
}

void rrj_reader_free(struct rrj_reader *r)
{
	if (r)
		rrj_window_free(&r->window);
	free(r);
}

enum rrj_state rrj_reader_state(const struct rrj_reader *r)
{
	return r->state;
}

uint64_t rrj_reader_offset(const struct rrj_reader *r)
{
	return r->frame;
}

/* ---- frames ---- */

/*
 * Is there a valid frame behind the one that is not? *size bytes from the bad frame on, of which the search looks at
 * the first RRJ_SCAN. When it gets too much, the answer is yes: then these bytes were made to look like frames.
 */
static bool frame_behind(const struct rrj_reader *r, const uint8_t *bytes, size_t size)
{
	size_t effort = SCAN_EFFORT;

	for (size_t at = 1; at <= RRJ_SCAN && at + RRJ_HEAD_SIZE < size; at++) {
		struct rrj_head head;

		if (!rrj_head_read(&head, bytes + at) || head.size > size - at - RRJ_HEAD_SIZE)
			continue;
		if (rrj_frame_valid(bytes + at, head, &r->seal, r->frame + at) || effort < head.size)
			return true;
		effort -= head.size;
	}
	return false;
}

/* No frame at r->frame: 0 for a torn tail, which a live writer may yet complete, -EBADMSG for damage. */
static int judge(struct rrj_reader *r)
{
	const uint8_t *bytes;
	ssize_t n;
	bool more;

	rrj_window_drop(&r->window); /* a writer may have replaced the tail that is in memory */
	n = rrj_window_at(&r->window, r->frame, ROOM, &bytes);
	if (n < 0)
		return (int)n;
	/* A torn frame cannot be longer than a frame. */
	more = n > RRJ_HEAD_SIZE + RRJ_PAYLOAD_MAX || frame_behind(r, bytes, (size_t)n);
	rrj_window_drop(&r->window);
	r->state = more ? RRJ_DAMAGED : RRJ_EARLY;
	return more ? -EBADMSG : 0;
}

static int at_end(struct rrj_reader *r)
{
	r->state = r->ended ? RRJ_WHOLE : RRJ_EARLY;
	return 0;
}

static int damaged(struct rrj_reader *r)
{
	r->state = RRJ_DAMAGED;
	return -EBADMSG;
}

/* Goes to the next frame: 1, or what rrj_next returns. */
static int next_frame(struct rrj_reader *r)
{
	struct rrj_head head;
	const uint8_t *bytes;
	ssize_t n;

	r->frame = r->next;
	n = rrj_window_at(&r->window, r->frame, RRJ_HEAD_SIZE, &bytes);
	if (n <= 0)
		return n ? (int)n : at_end(r);
	if (r->ended)
		return damaged(r); /* nothing may follow END */
	if (n < RRJ_HEAD_SIZE || !rrj_head_read(&head, bytes))
		return judge(r);
	n = rrj_window_at(&r->window, r->frame, RRJ_HEAD_SIZE + head.size, &bytes);
	if (n < 0)
		return (int)n;
	if ((size_t)n < RRJ_HEAD_SIZE + head.size || !rrj_frame_valid(bytes, head, &r->seal, r->frame))
		return judge(r);
	r->next = r->frame + RRJ_HEAD_SIZE + head.size;
	r->records = (struct rrj_in){ .p = bytes + RRJ_HEAD_SIZE, .end = bytes + RRJ_HEAD_SIZE + head.size };
	return 1;
}

/* ---- records ---- */

/* START is first and once, and nothing comes behind END. */
static bool in_order(const struct rrj_reader *r, int type)
{
	return !r->ended && (type >= RRJ_FIRST_OPTIONAL || r->started == (type != RRJ_START));
}

/* Takes one record of the current frame: 1, 0 for one to skip, or -EBADMSG. */
static int take(struct rrj_reader *r, struct rrj_record *record)
{
	struct rrj_in payload;
	int type = rrj_record_split(&r->records, &payload);
	int found;

	if (type < 0 || !in_order(r, type))
		return -EBADMSG;
	found = rrj_record_decode(record, type, payload, &r->delta, &r->signal);
	if (found <= 0)
		return found;
	if (type == RRJ_START) {
		memcpy(record->start.id, r->seal.id, sizeof(record->start.id));
		r->started = true;
	}
	r->ended = type == RRJ_END;
	return 1;
}

int rrj_next(struct rrj_reader *r, struct rrj_record *record)
{
	int found = 0;

	if (r->state == RRJ_DAMAGED)
		return -EBADMSG;
	r->state = RRJ_MORE;
	while (!found) {
		if (r->records.p == r->records.end) {
			found = next_frame(r);
			if (found <= 0)
				return found;
		}
		found = take(r, record);
	}
	return found < 0 ? damaged(r) : found;
}
