/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * summary.h - what a whole recording amounts to. One thread; allocates copies of the journal's strings.
 */
#ifndef INSPECT_SUMMARY_H
#define INSPECT_SUMMARY_H

#include "inspect.h"

struct summary {
	struct rrj_start start; /* its strings are copies */
	bool started;
	enum rrj_state state;
	char *cause; /* of the end; empty when it ended early */
	char id[33];
	int64_t icount;		    /* up to which it can be replayed */
	uint64_t counts[RRJ_TYPES]; /* records by type */
	uint64_t slices, bytes;
	struct rrj_strings uncontrolled; /* the notes: "ID: TEXT", each once */
	int64_t duration_ns;		 /* of the host, from the start to the last turn or the end */
};

/* Reads all of the recording, or with start_only no more than its START record: as recording_next's last value. */
int summary_make(struct summary *summary, struct recording *recording, bool start_only);
void summary_free(struct summary *summary);

#endif
