/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * names.h - the files and stacks that records name by number. One thread; allocates copies.
 */
#ifndef INSPECT_NAMES_H
#define INSPECT_NAMES_H

#include "rrio/journal.h"

struct named_file {
	char *path; /* NULL: not met */
	bool temporary;
	char *name; /* its last part; with #ID behind it when another file has the same one */
};

struct names {
	struct named_file *files; /* by id */
	struct rrj_strings *stacks;
	uint32_t file_room, stack_room;
	int search; /* the recording, for what lies before the place that was gone to; -1: nothing does */
};

void names_init(struct names *names);
void names_free(struct names *names);

/* Remembers a record that names something. */
void names_take(struct names *names, const struct rrj_record *record);

/* Never NULL; a number without a name is shown as such, 0 as "-". */
const char *names_file(struct names *names, uint32_t id);
const char *names_path(struct names *names, uint32_t id);

/* A file without a name of its own, which is another in every run. */
bool names_is_temporary(struct names *names, uint32_t id);

/* No frames: not recorded. */
struct rrj_strings names_stack(struct names *names, uint32_t id);

#endif
