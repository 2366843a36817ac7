// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * chrome.c - Chrome's trace format, for ui.perfetto.dev: a process for the guest's submissions and the turns, one for
 * each file with its requests, one for inputs, and a flow from submission over the host's completion to the release.
 *
 * One thread; memory for as many rows as requests are in flight at a time. The format's microseconds are thousands of
 * instructions, or microseconds of the host.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "export.h"
#include "json.h"
#include "out.h"

/* Rows of a file: requests that overlap stand below each other. Inputs have a row for each source. */
enum { GUEST = 1, OUTSIDE = 2, FIRST_FILE = 10, ROWS = 256, FILES = 64, SUBMISSIONS = 1, FIRST_LOOP = 10 };

struct chrome {
	struct view *view;
	struct timeline *timeline;
	enum clock clock;
	bool any, failed;
	uint64_t turn; /* the last that was put */
	int64_t busy_until[FILES][ROWS];
	bool named[FILES][ROWS], loop_named[FILES], source_named[RRJ_LOOKED_UP + 1];
};

static void put(struct chrome *c, json_t *event)
{
	out_raw(c->any ? ",\n" : "\n");
	c->any = true;
	if (!event || json_write(event, JSON_COMPACT | JSON_REAL_PRECISION(15)))
		c->failed = true;
}

static double micros(int64_t value)
{
	return (double)value / 1000;
}

static void put_name(struct chrome *c, const char *kind, uint32_t process, unsigned thread, const char *name)
{
	put(c, json_pack("{s:s, s:s, s:i, s:i, s:{s:o}}", "ph", "M", "name", kind, "pid", (int)process, "tid",
			 (int)thread, "args", "name", json_text(name)));
}

static void put_flow(struct chrome *c, const char *phase, uint64_t ticket, uint32_t process, unsigned thread,
		     int64_t at)
{
	json_t *event = json_pack("{s:s, s:s, s:s, s:I, s:i, s:i, s:f}", "ph", phase, "name", "request", "cat", "flow",
				  "id", (json_int_t)ticket, "pid", (int)process, "tid", (int)thread, "ts", micros(at));

	if (event && *phase == 'f')
		json_object_set_new(event, "bp", json_string("e"));
	put(c, event);
}

static void put_slice(struct chrome *c, uint32_t process, unsigned thread, const char *name, int64_t from, int64_t to,
		      json_t *args)
{
	put(c,
	    json_pack("{s:s, s:o, s:i, s:i, s:f, s:f, s:o}", "ph", "X", "name", json_text(name), "pid", (int)process,
		      "tid", (int)thread, "ts", micros(from), "dur", micros(to > from ? to - from : 1), "args", args));
}

/* The turn that releases the request at hand, before the first of these. */
static void put_turn(struct chrome *c)
{
	const struct event *event = &c->view->event;
	const struct rrj_turn *turn = &event->turn;
	int64_t at = c->clock == CLOCK_NS ? event->time_ns : event->icount;
	char name[64];

	if (turn->seq == c->turn)
		return;
	c->turn = turn->seq;
	if (!c->loop_named[turn->loop % FILES]) {
		c->loop_named[turn->loop % FILES] = true;
		snprintf(name, sizeof(name), turn->loop ? "turns of iothread %" PRIu32 : "turns", turn->loop);
		put_name(c, "thread_name", GUEST, FIRST_LOOP + turn->loop, name);
	}
	snprintf(name, sizeof(name), "%s turn", rrj_kind_name(turn->kind));
	put_slice(c, GUEST, FIRST_LOOP + turn->loop, name, at, at + 1,
		  json_pack("{s:I, s:I}", "turn", (json_int_t)turn->seq, "releases", (json_int_t)turn->releases));
}

/* Requests come by their release: the first row that is free where this one was submitted. */
static unsigned find_row(struct chrome *c, uint32_t file, const struct lifetime *life)
{
	unsigned row = 0;

	while (row + 1 < ROWS && c->busy_until[file % FILES][row] > life->submitted)
		row++;
	c->busy_until[file % FILES][row] = life->released > life->submitted ? life->released : life->submitted + 1;
	if (!c->named[file % FILES][row]) {
		char name[128];

		c->named[file % FILES][row] = true;
		if (!row)
			put_name(c, "process_name", FIRST_FILE + file, 0, names_file(&c->view->names, file));
		snprintf(name, sizeof(name), "in flight %u", row + 1);
		put_name(c, "thread_name", FIRST_FILE + file, row + 1, name);
	}
	return row + 1;
}

static void put_request(struct chrome *c)
{
	const struct event *event = &c->view->event;
	const struct rrj_request *request = &event->record.request;
	struct lifetime life = timeline_request(c->timeline, event, c->clock);
	unsigned row = find_row(c, request->file, &life);
	uint32_t process = FIRST_FILE + request->file;
	char name[64];

	put_turn(c);
	snprintf(name, sizeof(name), "%s %" PRIu64, rrj_op_name(request->op), request->length);
	put_slice(c, process, row, name, life.submitted, life.released,
		  json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "ticket", (json_int_t)request->ticket, "offset",
			    (json_int_t)request->offset, "length", (json_int_t)request->length, "result",
			    (json_int_t)request->result, "latency_ns", (json_int_t)request->latency_ns, "insns",
			    (json_int_t)event_insns(event)));
	if (life.finished > life.submitted)
		put_slice(c, process, row, "on the host", life.submitted, life.finished, json_object());
	put_slice(c, GUEST, SUBMISSIONS, name, life.submitted, life.submitted + 1, json_object());
	put_flow(c, "s", request->ticket, GUEST, SUBMISSIONS, life.submitted);
	put_flow(c, "t", request->ticket, process, row, life.finished);
	put_flow(c, "f", request->ticket, GUEST, FIRST_LOOP + event->turn.loop, life.released);
}

static void put_input(struct chrome *c)
{
	const struct event *event = &c->view->event;
	const struct rrj_input *input = &event->record.input;
	int64_t at = c->clock == CLOCK_NS ? event->time_ns : event->icount;
	char words[1024];

	if (input->source <= RRJ_LOOKED_UP && !c->source_named[input->source]) {
		c->source_named[input->source] = true;
		put_name(c, "process_name", OUTSIDE, 0, "inputs");
		put_name(c, "thread_name", OUTSIDE, input->source, rrj_source_name(input->source));
	}
	field_words(c->view, words, sizeof(words));
	put_slice(c, OUTSIDE, input->source, rrj_source_name(input->source), at, at + 1,
		  json_pack("{s:o, s:I, s:I}", "what", json_text(words), "size", (json_int_t)input->size, "turn",
			    (json_int_t)event->turn.seq));
}

enum status export_chrome(struct view *view, struct selection *selection, enum clock clock)
{
	struct chrome *c = calloc(1, sizeof(*c));
	bool failed, wanted;

	if (!c || !(c->timeline = timeline_new())) {
		free(c);
		return out_of_memory();
	}
	c->view = view;
	c->clock = clock;
	out_format(
		"{\"displayTimeUnit\":\"ns\",\"otherData\":{\"clock\":\"%s\",\"generator\":\"rrio-inspect " RRIO_VERSION
		"\"},\"traceEvents\":[",
		clock == CLOCK_NS ? "microseconds of the host" : "thousands of guest instructions");
	put_name(c, "process_name", GUEST, 0, "guest");
	put_name(c, "thread_name", GUEST, SUBMISSIONS, "submissions");
	while (select_step(selection, view, &wanted) && !out_failed()) {
		if (view->event.record.type == RRJ_TURN)
			timeline_turn(c->timeline, &view->event);
		if (wanted && view->event.record.type == RRJ_REQUEST)
			put_request(c);
		if (wanted && view->event.record.type == RRJ_INPUT)
			put_input(c);
	}
	out_raw("]}\n");
	failed = c->failed;
	timeline_free(c->timeline);
	free(c);
	return failed ? out_of_memory() : view_status(view);
}
