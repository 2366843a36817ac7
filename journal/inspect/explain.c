// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * explain.c - rrio-inspect explain: why the last replay diverged, from the report that it left and the journal.
 *
 * One thread. Reads divergence.json of the recording's folder; what it does not hold is left out. The likely causes are
 * a table: what a person would look at first for what is different.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lines.h"
#include "out.h"
#include "select.h"

enum { AROUND = 10, REPORT_MOST = 16 << 20 };

/* ---- the report ---- */

static enum status unreadable(const struct view *view, const char *why)
{
	say("%s/divergence.json is not a report of rrio: %s; replay again to make a new one: rrio replay %s",
	    view->recording.path, why, view->recording.path);
	return NO_RECORDING;
}

/* NULL and FINE: the last replay did not diverge. */
static enum status load(const struct view *view, json_t **report)
{
	json_error_t error;
	int fd = openat(view->recording.fd, "divergence.json", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	json_t *value;

	*report = NULL;
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return FINE;
	if (fd < 0)
		return unreadable(view, strerror(errno));
	value = lseek(fd, 0, SEEK_END) > REPORT_MOST || lseek(fd, 0, SEEK_SET)
			? NULL
			: json_loadfd(fd, JSON_ALLOW_NUL, &error);
	close(fd);
	if (!value)
		return unreadable(view, error.text);
	*report = value;
	if (!json_is_object(value))
		return unreadable(view, "no object");
	if (json_integer_value(json_object_get(value, "version")) == 1)
		return FINE;
	say("%s/divergence.json is of another version of rrio than this, " RRIO_VERSION "; read it with that one",
	    view->recording.path);
	return NO_RECORDING;
}

static const char *text_of(const json_t *report, const char *key)
{
	const char *text = json_string_value(json_object_get(report, key));

	return text ? text : "";
}

/* A member as people read it. */
static void print_member(const json_t *value, int width)
{
	char number[40];

	if (json_is_string(value)) {
		out_text(json_string_value(value), width);
		return;
	}
	if (json_is_integer(value))
		snprintf(number, sizeof(number), "%" PRId64, (int64_t)json_integer_value(value));
	else if (json_is_real(value))
		snprintf(number, sizeof(number), "%g", json_real_value(value));
	else
		snprintf(number, sizeof(number), "%s", json_is_true(value) ? "yes" : json_is_false(value) ? "no" : "-");
	out_text(number, width);
}

static bool same(const json_t *a, const json_t *b)
{
	return a && b && json_equal((json_t *)a, (json_t *)b);
}

/* The keys of both, in the order of the first. */
static void print_sides(const json_t *report)
{
	json_t *expected = json_object_get(report, "expected"), *actual = json_object_get(report, "actual"), *value;
	const char *key;

	out_format("\n%-18s %-38s %s\n", "", "RECORDED", "THIS REPLAY");
	json_object_foreach(expected, key, value)
	{
		bool equal = same(value, json_object_get(actual, key));

		out_text(key, -18);
		out_char(' ');
		print_member(value, -38);
		out_char(' ');
		print_member(json_object_get(actual, key), 0);
		out_raw(equal ? "\n" : "   <--\n");
	}
	json_object_foreach(actual, key, value)
	{
		if (json_object_get(expected, key))
			continue;
		out_text(key, -18);
		out_char(' ');
		out_text("-", -38);
		out_char(' ');
		print_member(value, 0);
		out_raw("   <--\n");
	}
}

/* ---- around ---- */

/* Ten records before that place, ten from it on. */
static void print_around(struct view *view, int64_t icount, uint64_t turn)
{
	struct event *before = calloc(AROUND, sizeof(*before));
	unsigned n = 0, after = 0;
	bool there = false;

	out_raw("\nthe journal around it:\n");
	format_text.begin(&(struct columns){ .count = 0 });
	view_seek_turn(view, turn > 3 * AROUND ? turn - 3 * AROUND : 0);
	while (before && after < AROUND && view_next(view)) {
		struct event now = view->event;

		there = there || (turn ? now.turn.seq > turn : now.icount >= icount);
		if (!there && now.record.type != RRJ_TURN && now.record.type != RRJ_REQUEST)
			continue; /* its pointers do not outlast the next record */
		if (!there) {
			before[n++ % AROUND] = now;
			continue;
		}
		for (unsigned i = n > AROUND ? n - AROUND : 0; i < n; i++) {
			view->event = before[i % AROUND];
			format_text.line(view, &(struct columns){ .count = 0 });
		}
		if (!after++)
			out_format("%60s\n", "<-- replay differs from here on");
		n = 0;
		view->event = now;
		format_text.line(view, &(struct columns){ .count = 0 });
	}
	for (unsigned i = n > AROUND ? n - AROUND : 0; before && !there && i < n; i++) {
		view->event = before[i % AROUND];
		format_text.line(view, &(struct columns){ .count = 0 });
	}
	free(before);
}

static void print_strings(const char *title, const json_t *array, const char *indent)
{
	json_t *value;
	size_t i;

	if (!json_array_size(array))
		return;
	out_raw(title);
	json_array_foreach(array, i, value)
	{
		out_raw(indent);
		out_text(json_is_string(value) ? json_string_value(value) : "?", 0);
		out_char('\n');
	}
}

/* ---- calls ---- */

static void print_recorded_calls(struct view *view, const json_t *report)
{
	uint64_t ticket = (uint64_t)json_integer_value(json_object_get(json_object_get(report, "request"), "ticket"));
	struct rrj_strings frames = { 0 };

	view_seek_turn(view, 0);
	while (ticket && !frames.size && view_next(view))
		if (view->event.record.type == RRJ_REQUEST && view->event.record.request.ticket == ticket) {
			frames = names_stack(&view->names, view->event.record.request.stack);
			break;
		}
	if (!ticket)
		return;
	if (!frames.size) {
		out_format("\nthe calls that submitted request %" PRIu64
			   " when it was recorded are not known; they are with: "
			   "RRIO_BACKTRACE=1 rrio record ...\n",
			   ticket);
		return;
	}
	out_format("\nrequest %" PRIu64 " was submitted through, when it was recorded:\n", ticket);
	for (size_t i = 0; i < frames.size; i += strlen(frames.bytes + i) + 1) {
		out_raw("  ");
		out_text(frames.bytes + i, 0);
		out_char('\n');
	}
}

static void print_threads(const json_t *report)
{
	json_t *threads = json_object_get(report, "threads"), *thread;
	size_t i;

	if (json_array_size(threads))
		out_raw("\nthe emulator's threads in this replay:\n");
	json_array_foreach(threads, i, thread)
	{
		out_format("  %" PRId64 " ", (int64_t)json_integer_value(json_object_get(thread, "tid")));
		out_text(text_of(thread, "name"), 0);
		if (*text_of(thread, "role")) {
			out_raw(", ");
			out_text(text_of(thread, "role"), 0);
		}
		out_char('\n');
		print_strings("", json_object_get(thread, "frames"), "    ");
	}
	if (*text_of(report, "registers")) {
		out_raw("\nregisters:\n");
		for (const char *line = text_of(report, "registers"); *line;
		     line += strcspn(line, "\n") + (line[strcspn(line, "\n")] != 0)) {
			char row[256];

			snprintf(row, sizeof(row), "%.*s", (int)strcspn(line, "\n"), line);
			out_raw("  ");
			out_text(row, 0);
			out_char('\n');
		}
	}
}

/* ---- what it means ---- */

static const struct meaning {
	const char *id;	     /* of the report */
	const char *differs; /* a member of both sides that does; NULL: whichever */
	const char *seen;    /* by the guest */
	const char *causes[4];
} meanings[] = {
	{ "diverged-request",
	  "checksum",
	  "A read would have given the guest other data than when it was recorded.",
	  { "the image is not as it was when the recording began: something wrote to it, or it is another one",
	    "the recorded run itself wrote to the image: put back the image from before it (rrio verify says which)",
	    "an earlier write carried other data, since the guest changed it while it was written" } },
	{ "diverged-request",
	  "result",
	  "A request would have ended in another way than when it was recorded: an error, or fewer bytes.",
	  { "the host's file system says something else now: no room, other rights, a shorter file" } },
	{ "diverged-re*",
	  "submission at instruction",
	  "The guest asked for the same, but at another instruction: it was on another way already.",
	  { "something that was not controlled reached the guest before this request; see the notes below",
	    "an input of the guest was not in the recording: network, keyboard, a clock of another kind" } },
	{ "diverged-re*",
	  NULL,
	  "The guest asked its disk for something else than when it was recorded: it was on another way already.",
	  { "the command line, the kernel or the initrd is not what was recorded (rrio info shows it)",
	    "something that was not controlled reached the guest before this request; see the notes below",
	    "the image was changed where the guest read it earlier, and data are not compared (RRIO_DATA=none)" } },
	{ "diverged-submission",
	  NULL,
	  "The guest submitted another request, or at another instruction, than when it was recorded.",
	  { "something that was not controlled reached the guest before this request; see the notes below",
	    "the command line, the kernel or the initrd is not what was recorded" } },
	{ "diverged-input",
	  NULL,
	  "The emulator would have handed other bytes to the guest, such as randomness, or at another place.",
	  { "another library or configuration of the host asks for randomness in another order",
	    "the emulator's devices differ: compare the command lines and the emulator's modules" } },
	{ "diverged-trail",
	  NULL,
	  "The guest did something else in the last few turns, although nothing that is journalled differs yet.",
	  { "something that was not controlled reached the guest; see the notes below",
	    "the guest reads memory that a device was just writing (a race within the guest)" } },
	{ "diverged-*regi*",
	  NULL,
	  "The virtual CPUs' registers are not as they were.",
	  { "something that was not controlled reached the guest; see the notes below" } },
	{ "diverged-*memo*",
	  NULL,
	  "The guest's memory is not as it was.",
	  { "the guest reads memory that a device was just writing (a race within the guest)",
	    "the image, the kernel or the initrd is not what was recorded" } },
	{ "diverged-end*",
	  NULL,
	  "The guest would have ended at another instruction than when it was recorded.",
	  { "the recorded emulator was ended from outside; then its recording says so at its end (rrio info)",
	    "something that was not controlled reached the guest before; see the notes below" } },
	{ "diverged-place",
	  NULL,
	  "The guest would have met its devices at another instruction than when it was recorded.",
	  { "the guest executed other instructions: something that was not controlled reached it; see the notes below",
	    "a plugin, a gdb connection or another option changes how translated code is cut",
	    "a bug in rrio: please report it with this recording" } },
	{ "hang-request",
	  NULL,
	  "The guest would have waited for ever for a request.",
	  { "the host does not finish the request: a device that does not answer, a network file system",
	    "the emulator does not make this request in this run: it is on another way already" } },
	{ "hang-*",
	  NULL,
	  "The guest would never have come to the next recorded place.",
	  { "the guest is on another way already, where it neither gets there nor stops",
	    "the machine is very busy, or stopped in a debugger" } },
	{ "*", NULL, "", { "something that was not controlled reached the guest; see the notes below" } },
};

static bool differs(const json_t *report, const char *key)
{
	return !same(json_object_get(json_object_get(report, "expected"), key),
		     json_object_get(json_object_get(report, "actual"), key));
}

static const struct meaning *meaning_of(const json_t *report)
{
	const struct meaning *meaning = meanings;

	while (fnmatch(meaning->id, text_of(report, "id"), 0) ||
	       (meaning->differs && !differs(report, meaning->differs)))
		meaning++;
	return meaning;
}

static void print_meaning(const json_t *report)
{
	const struct meaning *meaning = meaning_of(report);

	if (*meaning->seen)
		out_format("\nwhat the guest would have seen\n  %s\n", meaning->seen);
	out_raw("\nlikely causes\n");
	for (int i = 0; i < 4 && meaning->causes[i]; i++)
		out_format("  - %s\n", meaning->causes[i]);
	if (strcmp(text_of(report, "rrio_version"), RRIO_VERSION)) {
		out_raw("  - it was replayed with rrio ");
		out_text(text_of(report, "rrio_version"), 0);
		out_raw(", which is not this one (" RRIO_VERSION ")\n");
	}
	if (json_array_size(json_object_get(report, "notes")))
		print_strings("\nwhat was not controlled when it was recorded\n", json_object_get(report, "notes"),
			      "  ");
	else
		out_raw("\nnothing is noted that was not controlled when it was recorded\n");
}

/* ---- the command ---- */

static void print_head(const struct view *view, const json_t *report)
{
	out_text(view->recording.path, 0);
	out_format(": the replay of ");
	out_text(text_of(report, "when"), 0);
	out_format(" differs from guest instruction %" PRId64 " on, after turn %" PRId64,
		   (int64_t)json_integer_value(json_object_get(report, "icount")),
		   (int64_t)json_integer_value(json_object_get(report, "turn")));
	if (*text_of(report, "kind")) {
		out_raw(" (");
		out_text(text_of(report, "kind"), 0);
		out_char(')');
	}
	out_raw("\n  ");
	out_text(text_of(report, "text"), 0);
	out_char('\n');
}

static void print_report(struct view *view, const json_t *report)
{
	int64_t icount = json_integer_value(json_object_get(report, "icount"));

	print_head(view, report);
	print_sides(report);
	print_meaning(report);
	print_around(view, icount, 0);
	print_strings("\nthe last events of this replay\n", json_object_get(report, "events"), "  ");
	print_recorded_calls(view, report);
	print_threads(report);
	out_raw("\nnext: rrio-inspect dump ");
	out_text(view->recording.path, 0);
	out_format(" %" PRId64 "+-1M, rrio verify ", icount);
	out_text(view->recording.path, 0);
	out_char('\n');
}

static enum status explain(const struct options *options)
{
	struct view view;
	json_t *report;
	enum status status = view_open(&view, options->recording);

	if (status)
		return status;
	status = load(&view, &report);
	if (!status && !report) {
		out_text(view.recording.path, 0);
		out_raw(": the last replay did not diverge, or there was none; to replay it: rrio verify ");
		out_text(view.recording.path, 0);
		out_char('\n');
	} else if (!status) {
		if (!options->no_pager)
			out_page();
		print_report(&view, report);
		status = FINE;
	}
	json_decref(report);
	view_close(&view);
	return status;
}

const struct command command_explain = {
	.name = "explain",
	.synopsis = "explain",
	.does = "why the last replay diverged",
	.takes = " no-pager ",
	.words = ONE_RECORDING,
	.run = explain,
};
