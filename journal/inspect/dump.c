// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dump.c - rrio-inspect dump: every record that is wanted, on a line; also of a recording that is still being made.
 *
 * One thread; memory for names alone. What is before damage is shown, then the damage is told.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "lines.h"
#include "out.h"
#include "select.h"

/* ---- the cursor: the last record that was shown, as its turn and the records behind that ---- */

struct cursor {
	uint64_t turn, behind;
	bool set;
};

static bool read_cursor(struct cursor *cursor, const char *text)
{
	char end;
	int n = sscanf(text, "%" SCNu64 ".%" SCNu64 "%c", &cursor->turn, &cursor->behind, &end);

	if (n == 1)
		n += sscanf(text, "%" SCNu64 "%c", &cursor->turn, &end) == 1;
	return cursor->set = n == 2 && *text != '-';
}

static void hex_id(const struct view *view, char out[33])
{
	for (int i = 0; i < 16; i++)
		snprintf(out + 2 * i, 3, "%02x", view->id[i]);
}

/* "ID CURSOR"; a file that is not there yet is no cursor. */
static enum status load_cursor(struct cursor *cursor, const struct view *view, const char *path)
{
	FILE *file = fopen(path, "re");
	char id[33], mine[33], text[64];
	int n;

	if (!file && errno == ENOENT)
		return FINE;
	n = file ? fscanf(file, "%32s %63s", id, text) : 0;
	if (file)
		fclose(file);
	hex_id(view, mine);
	if (n != 2 || !read_cursor(cursor, text)) {
		say("%s holds no cursor; name another file, or delete it", path);
		return USAGE;
	}
	if (!strcmp(id, mine))
		return FINE;
	say("%s holds a cursor of another recording (%s); name another file, or delete it", path, id);
	return USAGE;
}

static enum status save_cursor(const struct cursor *cursor, const struct view *view, const char *path)
{
	FILE *file = fopen(path, "we");
	char id[33];
	int error;

	hex_id(view, id);
	error = !file || fprintf(file, "%s %" PRIu64 ".%" PRIu64 "\n", id, cursor->turn, cursor->behind) < 0;
	error |= file && fclose(file);
	if (!error)
		return FINE;
	say("the cursor cannot be left in %s: %s", path, strerror(errno));
	return NO_RECORDING;
}

static bool is_behind(const struct cursor *cursor, const struct event *event)
{
	return !cursor->set || event->turn.seq > cursor->turn ||
	       (event->turn.seq == cursor->turn && event->behind > cursor->behind);
}

static enum status find_cursor(struct cursor *cursor, const struct view *view, const struct options *options)
{
	if (options->after && !read_cursor(cursor, options->after))
		return say_at(options->after, 0, "a cursor is a turn's number, or TURN.RECORD: 17 or 17.3");
	return options->cursor_file && !options->after ? load_cursor(cursor, view, options->cursor_file) : FINE;
}

/* ---- following ---- */

/* Does the writer still live? It holds the journal's lock. */
static bool is_written(const struct recording *recording)
{
	char *path;
	bool locked = false;
	int fd;

	if (asprintf(&path, "%s/journal", recording->path) < 0)
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	locked = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
	if (fd >= 0)
		close(fd);
	free(path);
	return locked;
}

/* Nothing more so far: waits, and says whether more may come. */
static bool wait_for_more(const struct view *view)
{
	const struct timespec pause = { .tv_nsec = 100000000 };

	if (view->last || rrj_reader_state(view->recording.reader) != RRJ_EARLY || out_failed())
		return false;
	out_flush();
	if (!is_written(&view->recording))
		return false;
	nanosleep(&pause, NULL);
	return true;
}

/* ---- the command ---- */

static void tell_early(const struct view *view, const struct format *format)
{
	if (view->last || rrj_reader_state(view->recording.reader) != RRJ_EARLY || format != &format_text)
		return;
	lines_lead("early");
	out_format("the recording ends here, at byte %" PRIu64 " of %s, without an end record\n",
		   rrj_reader_offset(view->recording.reader), rrj_reader_file(view->recording.reader));
}

static bool show(struct view *view, struct selection *selection, const struct format *format,
		 const struct columns *columns, const struct options *options, struct cursor *cursor)
{
	bool tried_again = false;
	bool any = false;

	do {
		while (select_next(selection, view) && !out_failed()) {
			if (!is_behind(cursor, &view->event))
				continue;
			format->line(view, columns);
			*cursor = (struct cursor){ view->event.turn.seq, view->event.behind, true };
			tried_again = false;
			any = true;
		}
		if (!options->follow || wait_for_more(view))
			continue;
		if (tried_again)
			break;
		tried_again = true; /* the writer may have gone on between the look and its end */
	} while (options->follow && !view->last && !out_failed());
	return any;
}

/* All that is wanted is known: shows it. */
static enum status show_all(struct view *view, struct selection *selection, const struct format *format,
			    const struct columns *columns, const struct options *options, struct cursor *cursor)
{
	select_seek(selection, view);
	if (cursor->set && !*options->words)
		view_seek_turn(view, cursor->turn);
	if (!options->follow && !options->no_pager && format == &format_text)
		out_page();
	format->begin(columns);
	if (!show(view, selection, format, columns, options, cursor) && *options->words && view->last >= 0)
		say("nothing in %s is of this selection", view->recording.path);
	tell_early(view, format);
	return view_status(view);
}

static enum status dump_view(struct view *view, const struct options *options)
{
	struct selection *selection = NULL;
	const struct format *format;
	struct cursor cursor = { 0 };
	struct columns columns;
	enum status status = format_find(&format, options->output);

	status = status ? status : columns_read(&columns, options->fields);
	status = status ? status : find_cursor(&cursor, view, options);
	status = status ? status : select_open(&selection, view, options->words);
	status = status ? status : show_all(view, selection, format, &columns, options, &cursor);
	if (!status && options->cursor_file && cursor.set)
		status = save_cursor(&cursor, view, options->cursor_file);
	select_close(selection);
	return status;
}

static enum status dump(const struct options *options)
{
	struct view view;
	enum status status = view_open(&view, options->recording);

	if (status)
		return status;
	status = dump_view(&view, options);
	view_close(&view);
	return status;
}

const struct command command_dump = {
	.name = "dump",
	.synopsis = "dump [-o text|ndjson|csv]",
	.does = "every turn, request, input, file and note (without a command: this)",
	.takes = " o F fields f follow after cursor-file no-pager ",
	.words = SELECTION,
	.run = dump,
};
