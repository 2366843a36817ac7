/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view.h - a recording's records with what stands around each: its turn, names, the place in the recording. One thread.
 */
#ifndef INSPECT_VIEW_H
#define INSPECT_VIEW_H

#include "inspect.h"
#include "names.h"

struct event {
	struct rrj_record record; /* as from rrj_next */
	struct rrj_turn turn;	  /* the last one up to here; 0 before the first */
	uint64_t behind;	  /* records since that turn */
	int64_t icount;		  /* of the turn, or of the end */
	int64_t time_ns;	  /* of the host, since the start */
};

struct view {
	struct recording recording;
	struct names names;
	int64_t start_ns;
	uint8_t id[16];
	struct event event;
	bool lost; /* the turn that the next records belong to is not known: they are passed by */
	int last;  /* as recording_next */
};

/* Reads START, and goes back to before it. */
enum status view_open(struct view *view, const char *recording);
void view_close(struct view *view);

/* The next record is view->event: true; else view->last says why there is none. */
bool view_next(struct view *view);

/* Goes to where nothing at that count or turn, or after it, has been left out. false: it cannot be read (view->last).
 */
bool view_seek_icount(struct view *view, int64_t icount);
bool view_seek_turn(struct view *view, uint64_t seq);

/* What the end means for the exit status; says so when it is a failure. */
enum status view_status(const struct view *view);

/* Instructions and nanoseconds from the request's submission on; -1: unknown. */
int64_t event_insns(const struct event *event);

#endif
