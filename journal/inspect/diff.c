// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * diff.c - rrio-inspect diff: do two recordings hold the same run? Where not, since when, and how much.
 *
 * One thread; constant memory. Requests are aligned by what they are: the next one of the same file, operation, offset
 * and length; turns and inputs by their order. The host's time is ignored.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"
#include "order.h"
#include "out.h"
#include "summary.h"

/* What two requests that are the same can differ in; the first ones matter to the guest. */
static const enum field_id compared[] = { FIELD_RES, FIELD_SUM, FIELD_CALLS, FIELD_SUBMIT, FIELD_ICOUNT, FIELD_KIND };
static const char *const compared_names[] = { "other result",	       "other data",
					      "other number of calls", "submitted elsewhere",
					      "released elsewhere",    "released in another kind of turn" };

enum { COMPARED = sizeof(compared) / sizeof(compared[0]) };

struct comparison {
	struct view view[2];
	struct order *order[2];
	uint64_t same, only[2], differs[COMPARED];
	struct event first[2]; /* the first requests that are not the same; type 0: none on that side */
	int first_reason;      /* of compared; -1: another request, -2: none differs */
};

/* ---- requests ---- */

/* A temporary file, such as that of snapshot=on, has another name in each run. */
static bool same_file(struct comparison *c, uint32_t a, uint32_t b)
{
	if (names_is_temporary(&c->view[0].names, a) && names_is_temporary(&c->view[1].names, b))
		return a == b;
	return !strcmp(names_file(&c->view[0].names, a), names_file(&c->view[1].names, b));
}

static bool same_request(struct comparison *c, const struct event *a, const struct event *b)
{
	const struct rrj_request *x = &a->record.request, *y = &b->record.request;

	return x->op == y->op && x->offset == y->offset && x->length == y->length && same_file(c, x->file, y->file);
}

static struct value value_in(struct view *view, const struct event *event, enum field_id id)
{
	struct event at = view->event;
	struct value value;

	view->event = *event;
	value = field_value(id, view);
	view->event = at;
	return value;
}

static bool same_value(struct value a, struct value b)
{
	if (a.kind != b.kind)
		return false;
	return a.kind == VALUE_TEXT ? !strcmp(a.text, b.text) : a.kind == VALUE_NONE || a.size == b.size;
}

static void note_first(struct comparison *c, const struct event *a, const struct event *b, int reason)
{
	if (c->first_reason > -2)
		return;
	c->first_reason = reason;
	if (a)
		c->first[0] = *a;
	if (b)
		c->first[1] = *b;
}

static void compare_pair(struct comparison *c, const struct event *a, const struct event *b)
{
	bool same = true;

	for (int i = 0; i < COMPARED; i++) {
		if (same_value(value_in(&c->view[0], a, compared[i]), value_in(&c->view[1], b, compared[i])))
			continue;
		if (same)
			note_first(c, a, b, i);
		same = false;
		c->differs[i]++;
	}
	c->same += same;
}

/* The nearest requests ahead that are the same; false: none. */
static bool align(struct comparison *c, unsigned *in_a, unsigned *in_b)
{
	for (unsigned sum = 1; sum < ORDER_AHEAD; sum++)
		for (unsigned i = 0; i <= sum; i++) {
			const struct event *a = order_peek(c->order[0], i), *b = order_peek(c->order[1], sum - i);

			if (a && b && same_request(c, a, b)) {
				*in_a = i;
				*in_b = sum - i;
				return true;
			}
		}
	return false;
}

static void compare_requests(struct comparison *c)
{
	for (;;) {
		const struct event *a = order_peek(c->order[0], 0), *b = order_peek(c->order[1], 0);
		unsigned in_a = a != NULL, in_b = b != NULL;

		if (!a && !b)
			return;
		if (a && b && same_request(c, a, b)) {
			compare_pair(c, a, b);
		} else {
			note_first(c, a, b, -1);
			if (a && b)
				align(c, &in_a, &in_b);
			c->only[0] += in_a;
			c->only[1] += in_b;
		}
		order_pass(c->order[0], in_a);
		order_pass(c->order[1], in_b);
	}
}

/* ---- turns and inputs ---- */

static bool next_of(struct view *view, enum rrj_type type)
{
	while (view_next(view))
		if (view->event.record.type == type)
			return true;
	return false;
}

static bool same_turn(const struct rrj_turn *a, const struct rrj_turn *b)
{
	return a->kind == b->kind && a->loop == b->loop && a->icount == b->icount && a->releases == b->releases;
}

static bool same_input(const struct rrj_input *a, const struct rrj_input *b)
{
	return a->source == b->source && a->size == b->size && !memcmp(a->data, b->data, a->size);
}

/* How many records of that type are the same from the start on; *all: in all of them. */
static uint64_t same_records(struct comparison *c, enum rrj_type type, bool *all)
{
	struct view *a = &c->view[0], *b = &c->view[1];
	uint64_t n = 0;

	view_seek_turn(a, 0);
	view_seek_turn(b, 0);
	for (;;) {
		bool has_a = next_of(a, type), has_b = next_of(b, type);
		const struct rrj_record *x = &a->event.record, *y = &b->event.record;

		*all = has_a == has_b;
		if (!has_a || !has_b)
			return n;
		*all = type == RRJ_TURN ? same_turn(&x->turn, &y->turn) : same_input(&x->input, &y->input);
		if (!*all)
			return n;
		n++;
	}
}

static void print_line(struct view *view, const char *side)
{
	out_raw(side);
	if (view->event.record.type)
		format_text.line(view, &(struct columns){ .count = 0 });
	else
		out_raw("  (no more)\n");
}

static bool compare_records(struct comparison *c, enum rrj_type type, const char *what)
{
	bool same;
	uint64_t n = same_records(c, type, &same);

	if (same) {
		out_format("%-9s the same: %" PRIu64 "\n", what, n);
		return true;
	}
	out_format("%-9s the same up to number %" PRIu64 "; then\n", what, n);
	for (int i = 0; i < 2; i++) {
		if (c->view[i].event.record.type != type)
			c->view[i].event.record.type = 0;
		print_line(&c->view[i], i ? "  B" : "  A");
	}
	return false;
}

/* ---- what was recorded ---- */

static bool same_text(const char *what, const char *a, const char *b)
{
	if (!strcmp(a, b))
		return true;
	out_format("%-9s A: ", what);
	out_text(a, 0);
	out_format("\n%-9s B: ", "");
	out_text(b, 0);
	out_char('\n');
	return false;
}

/* A list as one line. */
static char *joined(const struct rrj_strings *list)
{
	char *line = calloc(1, list->size + 1);

	for (size_t i = 0; line && i + 1 < list->size; i++)
		line[i] = list->bytes[i] ? list->bytes[i] : ' ';
	return line;
}

static bool compare_starts(const struct summary s[2])
{
	char *a = joined(&s[0].start.argv), *b = joined(&s[1].start.argv);
	bool same = true;

	same &= same_text("emulator", s[0].start.emulator_version, s[1].start.emulator_version);
	same &= same_text("build-id", s[0].start.build_id, s[1].start.build_id);
	if (a && b)
		same &= same_text("command", a, b);
	free(a);
	free(b);
	return same;
}

static bool compare_ends(const struct summary s[2])
{
	if (s[0].icount == s[1].icount && !strcmp(s[0].cause, s[1].cause)) {
		out_format("%-9s the same: instruction %" PRId64 "\n", "end", s[0].icount);
		return true;
	}
	for (int i = 0; i < 2; i++) {
		out_format("%-9s %c: instruction %" PRId64 ", ", i ? "" : "end", 'A' + i, s[i].icount);
		out_text(*s[i].cause ? s[i].cause : rrj_state_name(s[i].state), 0);
		out_char('\n');
	}
	return false;
}

/* ---- the command ---- */

static void print_requests(struct comparison *c)
{
	if (c->first_reason > -2) {
		out_format("first difference: %s\n",
			   c->first_reason < 0 ? "another request" : compared_names[c->first_reason]);
		for (int i = 0; i < 2; i++) {
			c->view[i].event = c->first[i];
			print_line(&c->view[i], i ? "  B" : "  A");
		}
	}
	out_format("requests  the same: %" PRIu64 "\n", c->same);
	for (int i = 0; i < COMPARED; i++)
		if (c->differs[i])
			out_format("          %s: %" PRIu64 "\n", compared_names[i], c->differs[i]);
	for (int i = 0; i < 2; i++)
		if (c->only[i])
			out_format("          only in %c: %" PRIu64 "\n", 'A' + i, c->only[i]);
}

static enum status compare(struct comparison *c)
{
	struct summary s[2];
	enum status status = FINE;
	bool same;

	for (int i = 0; i < 2 && !status; i++) {
		int last = summary_make(&s[i], &c->view[i].recording, false);

		out_format("%c ", 'A' + i);
		out_text(c->view[i].recording.path, 0);
		out_format(": %" PRIu64 " turns, %" PRIu64 " requests\n", s[i].counts[RRJ_TURN],
			   s[i].counts[RRJ_REQUEST]);
		if (last < 0)
			status = recording_status(&c->view[i].recording, last);
		view_seek_turn(&c->view[i], 0);
	}
	if (status == NO_RECORDING)
		return status;
	same = compare_starts(s);
	compare_requests(c);
	print_requests(c);
	same &= c->first_reason == -2;
	same &= compare_records(c, RRJ_TURN, "turns");
	same &= compare_records(c, RRJ_INPUT, "inputs");
	same &= compare_ends(s);
	summary_free(&s[0]);
	summary_free(&s[1]);
	return status ? status : same ? FINE : FINDING;
}

static enum status diff(const struct options *options)
{
	struct comparison *c = calloc(1, sizeof(*c));
	enum status status = c ? view_open(&c->view[0], options->recording) : out_of_memory();

	if (!status) {
		status = view_open(&c->view[1], options->words[0]);
		c->first_reason = -2;
		for (int i = 0; i < 2 && !status; i++)
			status = (c->order[i] = order_new(&c->view[i])) ? FINE : out_of_memory();
		status = status ? status : compare(c);
		for (int i = 0; i < 2; i++)
			order_free(c->order[i]);
		if (c->view[1].recording.reader)
			view_close(&c->view[1]);
		view_close(&c->view[0]);
	}
	free(c);
	return status;
}

const struct command command_diff = {
	.name = "diff",
	.synopsis = "diff A B",
	.does = "are two recordings of the same run; the first difference, and counts",
	.takes = "",
	.words = TWO_RECORDINGS,
	.run = diff,
};
