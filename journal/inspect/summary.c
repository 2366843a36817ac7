// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * summary.c - what a whole recording amounts to.
 *
 * Owns the copies of the START record's strings. One thread; reads through recording.c. -errno on failure.
 */
#include "summary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NOTES_MOST = 1 << 16 }; /* bytes */

static bool copy(const char **string)
{
	*string = strdup(*string);
	return *string;
}

static bool copy_list(struct rrj_strings *list)
{
	char *bytes = malloc(list->size + 1);

	if (bytes)
		memcpy(bytes, list->bytes, list->size);
	list->bytes = bytes;
	return bytes;
}

static int take_start(struct summary *s, const struct rrj_start *start)
{
	bool ok;

	s->start = *start;
	s->started = true;
	for (size_t i = 0; i < sizeof(start->id); i++)
		snprintf(s->id + 2 * i, 3, "%02x", start->id[i]);
	ok = copy(&s->start.rrio_version);
	ok = copy(&s->start.emulator) && ok;
	ok = copy(&s->start.emulator_version) && ok;
	ok = copy(&s->start.build_id) && ok;
	ok = copy(&s->start.cwd) && ok;
	ok = copy_list(&s->start.argv) && ok;
	ok = copy_list(&s->start.env) && ok;
	return ok ? 0 : -ENOMEM;
}

static int take_end(struct summary *s, const struct rrj_end *end)
{
	s->slices = end->slices;
	s->duration_ns = (int64_t)((uint64_t)end->mono_ns - (uint64_t)s->start.mono_ns);
	free(s->cause);
	s->cause = strdup(end->cause);
	return s->cause ? 0 : -ENOMEM;
}

/* What was not controlled, each thing once. */
static int take_note(struct summary *s, const struct rrj_note *note)
{
	struct rrj_strings *list = &s->uncontrolled;
	char *line, *bytes;
	int size = asprintf(&line, "%s: %s", note->id, note->text) + 1;

	if (!size)
		return -ENOMEM;
	for (size_t i = 0; i < list->size; i += strlen(list->bytes + i) + 1)
		if (!strcmp(list->bytes + i, line))
			size = 0;
	bytes = size && list->size < NOTES_MOST ? realloc((void *)list->bytes, list->size + (size_t)size) : NULL;
	if (bytes) {
		memcpy(bytes + list->size, line, (size_t)size);
		*list = (struct rrj_strings){ bytes, list->size + (size_t)size };
	}
	free(line);
	return 0;
}

static int take(struct summary *s, const struct rrj_record *record)
{
	s->counts[record->type]++;
	if (record->type == RRJ_START)
		return take_start(s, &record->start);
	if (record->type == RRJ_END)
		return take_end(s, &record->end);
	if (record->type == RRJ_NOTE)
		return take_note(s, &record->note);
	if (record->type == RRJ_TURN)
		s->duration_ns = (int64_t)((uint64_t)record->turn.mono_ns - (uint64_t)s->start.mono_ns);
	return 0;
}

int summary_make(struct summary *s, struct recording *recording, bool start_only)
{
	struct rrj_record record;
	int found, error = 0;

	*s = (struct summary){ .cause = strdup("") };
	if (!s->cause)
		return -ENOMEM;
	while ((found = recording_next(recording, &record)) > 0 && !error) {
		error = take(s, &record);
		if (start_only)
			break;
	}
	s->state = rrj_reader_state(recording->reader);
	s->bytes = rrj_reader_offset(recording->reader);
	s->icount = recording->icount;
	return error ? error : found;
}

void summary_free(struct summary *s)
{
	free(s->cause);
	free((void *)s->uncontrolled.bytes);
	if (!s->started)
		return;
	free((void *)s->start.rrio_version);
	free((void *)s->start.emulator);
	free((void *)s->start.emulator_version);
	free((void *)s->start.build_id);
	free((void *)s->start.cwd);
	free((void *)s->start.argv.bytes);
	free((void *)s->start.env.bytes);
}
