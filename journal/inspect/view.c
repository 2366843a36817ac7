// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * view.c - reads a recording record by record, and keeps what stands around each.
 *
 * Owns the recording that it opens, and the names in it. One thread. A failure has been told when a status is returned.
 */
#include "view.h"

#include <string.h>

static void at_start(struct view *view)
{
	view->event = (struct event){ .turn.mono_ns = view->start_ns };
	view->last = 0;
}

enum status view_open(struct view *view, const char *recording)
{
	enum status status = recording_open(&view->recording, recording);

	names_init(&view->names);
	if (status)
		return status;
	view->start_ns = 0;
	memset(view->id, 0, sizeof(view->id));
	at_start(view);
	if (view_next(view) && view->event.record.type == RRJ_START) {
		view->start_ns = view->event.record.start.mono_ns;
		memcpy(view->id, view->event.record.start.id, sizeof(view->id));
	}
	if (view->last >= 0)
		view_seek_turn(view, 0);
	return FINE;
}

void view_close(struct view *view)
{
	names_free(&view->names);
	recording_close(&view->recording);
}

/* The next record whose turn is known. */
static bool read_next(struct view *view)
{
	const struct rrj_record *record = &view->event.record;

	do {
		view->last = recording_next(&view->recording, &view->event.record);
		if (view->last <= 0)
			return false;
		names_take(&view->names, record);
		if (record->type == RRJ_START || record->type == RRJ_TURN || record->type == RRJ_END)
			view->lost = false;
	} while (view->lost);
	return true;
}

bool view_next(struct view *view)
{
	struct event *event = &view->event;
	const struct rrj_record *record = &event->record;
	int64_t ns;

	if (view->last < 0 || !read_next(view))
		return false;
	if (record->type == RRJ_TURN) {
		event->turn = record->turn;
		event->behind = 0;
	} else {
		event->behind++;
	}
	event->icount = record->type == RRJ_END ? record->end.icount : event->turn.icount;
	/* Between two turns the guest goes on. */
	if (record->type == RRJ_INPUT && record->input.icount > event->icount)
		event->icount = record->input.icount;
	ns = record->type == RRJ_END ? record->end.mono_ns : event->turn.mono_ns;
	event->time_ns = (int64_t)((uint64_t)ns - (uint64_t)view->start_ns);
	return true;
}

static bool went(struct view *view, int error)
{
	at_start(view);
	view->names.search = view->recording.fd;
	view->lost = true;
	view->last = error;
	return !error;
}

bool view_seek_icount(struct view *view, int64_t icount)
{
	return went(view, rrj_seek_icount(view->recording.reader, icount));
}

bool view_seek_turn(struct view *view, uint64_t seq)
{
	return went(view, rrj_seek_turn(view->recording.reader, seq));
}

enum status view_status(const struct view *view)
{
	return recording_status(&view->recording, view->last);
}

int64_t event_insns(const struct event *event)
{
	const struct rrj_request *request = &event->record.request;

	return request->submit_icount < 0 ? -1
					  : (int64_t)((uint64_t)event->turn.icount - (uint64_t)request->submit_icount);
}
