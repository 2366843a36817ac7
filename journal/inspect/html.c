// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * html.c - one page with a recording's timeline, latencies, queue depth and inputs: page.html with the data in it.
 *
 * Owns the page's text, which is part of the program. One thread. The sums are of all requests; the timeline holds the
 * last ones of them, so that a browser can draw it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "export.h"
#include "json.h"
#include "out.h"
#include "totals.h"

__asm__(".section .rodata\n"
	"page_html:\n"
	".incbin \"journal/inspect/page.html\"\n"
	".byte 0\n"
	".previous\n");
extern const char page_html[] __attribute__((visibility("hidden")));

enum { ON_PAGE = 200000, COLUMNS_OF_PAGE = 11, INPUTS_ON_PAGE = 50000, WORDS = 120 };

/* The last requests, as rows of numbers: what the page's script calls them is in page.html. */
struct rows {
	int64_t (*row)[COLUMNS_OF_PAGE];
	uint64_t count;
};

/* The last inputs. */
struct inputs {
	struct input {
		int64_t icount, ns;
		enum rrj_source source;
		char words[WORDS];
	} * input;
	uint64_t count;
};

static void add_input(struct inputs *inputs, struct view *view)
{
	struct input *input = &inputs->input[inputs->count++ % INPUTS_ON_PAGE];
	char words[1024];

	field_words(view, words, sizeof(words));
	*input = (struct input){ view->event.icount, view->event.time_ns, view->event.record.input.source, "" };
	snprintf(input->words, sizeof(input->words), "%.*s", WORDS - 1, words);
}

static void add(struct rows *rows, const struct event *event, const struct timeline *timeline)
{
	const struct rrj_request *request = &event->record.request;
	struct lifetime insns = timeline_request(timeline, event, CLOCK_INSNS);
	struct lifetime ns = timeline_request(timeline, event, CLOCK_NS);
	const int64_t row[COLUMNS_OF_PAGE] = { (int64_t)request->ticket,
					       request->file,
					       (int64_t)request->op,
					       (int64_t)request->offset,
					       (int64_t)request->length,
					       request->result,
					       insns.submitted,
					       insns.released,
					       ns.submitted,
					       ns.released,
					       request->latency_ns };

	memcpy(rows->row[rows->count++ % ON_PAGE], row, sizeof(row));
}

/* JSON in a page: nothing in it may look like the end of its element. */
static int put(const char *bytes, size_t size, void *data)
{
	(void)data;
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '<')
			out_raw("\\u003c");
		else
			out_char(bytes[i]);
	}
	return 0;
}

static json_t *spread(const struct spread *s)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "p50", (json_int_t)spread_quantile(s, 0.5), "p90",
			 (json_int_t)spread_quantile(s, 0.9), "p99", (json_int_t)spread_quantile(s, 0.99), "max",
			 (json_int_t)s->most);
}

static json_t *groups(const struct groups *all)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < all->count; i++) {
		const struct group *group = all->group[i];

		json_array_append_new(array,
				      json_pack("{s:i, s:i, s:I, s:I, s:I, s:o, s:o}", "file", (int)group->file, "op",
						(int)group->op, "requests", (json_int_t)group->requests, "bytes",
						(json_int_t)group->bytes, "errors", (json_int_t)group->errors, "lat",
						spread(&group->lat_ns), "insns", spread(&group->insns)));
	}
	return array;
}

static json_t *files(struct view *view)
{
	json_t *object = json_object();

	for (uint32_t i = 0; i < view->names.file_room; i++) {
		char id[16];

		if (!view->names.files[i].name)
			continue;
		snprintf(id, sizeof(id), "%" PRIu32, i);
		json_object_set_new(object, id,
				    json_pack("{s:b, s:o, s:o}", "temporary", names_is_temporary(&view->names, i),
					      "name", json_text(names_file(&view->names, i)), "path",
					      json_text(names_path(&view->names, i))));
	}
	return object;
}

static json_t *list_inputs(const struct inputs *inputs)
{
	uint64_t first = inputs->count < INPUTS_ON_PAGE ? 0 : inputs->count - INPUTS_ON_PAGE;
	json_t *array = json_array();

	for (uint64_t i = first; i < inputs->count; i++) {
		const struct input *input = &inputs->input[i % INPUTS_ON_PAGE];

		json_array_append_new(array, json_pack("[I, I, i, o]", (json_int_t)input->icount, (json_int_t)input->ns,
						       (int)input->source, json_text(input->words)));
	}
	return array;
}

static json_t *sources(void)
{
	json_t *array = json_array();

	for (int i = 0; i <= RRJ_LOOKED_UP; i++)
		json_array_append_new(array, json_string(i ? rrj_source_name((enum rrj_source)i) : ""));
	return array;
}

static json_t *ops(void)
{
	json_t *array = json_array();

	for (int i = 0; i <= RRJ_COMPUTE; i++)
		json_array_append_new(array, json_string(i ? rrj_op_name((enum rrj_op)i) : ""));
	return array;
}

/* What START says; read again, since its strings do not last. */
static json_t *start(struct view *view, const char *path)
{
	json_t *object = json_object();

	view_seek_turn(view, 0);
	json_object_set_new(object, "path", json_text(path));
	if (!view_next(view) || view->event.record.type != RRJ_START)
		return object;
	json_object_set_new(object, "emulator", json_text(view->event.record.start.emulator));
	json_object_set_new(object, "version", json_text(view->event.record.start.emulator_version));
	json_object_set_new(object, "rrio", json_text(view->event.record.start.rrio_version));
	json_object_set_new(object, "argv", json_list(&view->event.record.start.argv));
	json_object_set_new(object, "real_ns", json_integer(view->event.record.start.real_ns));
	return object;
}

static json_t *head(struct view *view, const struct totals *t, const struct rows *rows, const struct inputs *inputs,
		    const char *state)
{
	json_t *object = json_object();
	uint64_t kept = rows->count < ON_PAGE ? rows->count : ON_PAGE;

	json_object_set_new(object, "generator", json_string("rrio-inspect " RRIO_VERSION));
	json_object_set_new(object, "state", json_string(state));
	json_object_set_new(object, "start", start(view, view->recording.path));
	json_object_set_new(object, "files", files(view));
	json_object_set_new(object, "ops", ops());
	json_object_set_new(object, "sources", sources());
	json_object_set_new(object, "inputs", list_inputs(inputs));
	json_object_set_new(object, "all_inputs", json_integer((json_int_t)inputs->count));
	json_object_set_new(object, "groups", groups(&t->groups));
	json_object_set_new(object, "all",
			    json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:f}", "requests",
				      (json_int_t)t->all.requests, "bytes", (json_int_t)t->all.bytes, "errors",
				      (json_int_t)t->all.errors, "turns", (json_int_t)t->turns, "shown",
				      (json_int_t)kept, "lat", spread(&t->all.lat_ns), "insns", spread(&t->all.insns),
				      "depth", spread(&t->depth), "mean_depth", totals_mean_depth(t)));
	json_object_set_new(object, "span",
			    json_pack("[I, I, I, I]", (json_int_t)t->first_icount, (json_int_t)t->last_icount,
				      (json_int_t)t->first_ns, (json_int_t)t->last_ns));
	return object;
}

static void print_rows(const struct rows *rows)
{
	uint64_t first = rows->count < ON_PAGE ? 0 : rows->count - ON_PAGE;

	out_raw(",\"rows\":[");
	for (uint64_t i = first; i < rows->count; i++) {
		if (i > first)
			out_char(',');
		for (int k = 0; k < COLUMNS_OF_PAGE; k++) {
			if (k)
				out_char(',');
			out_number(rows->row[i % ON_PAGE][k], 0);
		}
	}
	out_raw("]}");
}

/* The page, with {"head":…,"rows":[…]} in the place of its mark. */
static bool print_page(json_t *object, const struct rows *rows)
{
	const char *mark = strstr(page_html, "@DATA@");
	bool ok = object;

	for (const char *c = page_html; c < mark; c++)
		out_char(*c);
	out_raw("{\"head\":");
	ok = ok && !json_dump_callback(object, put, NULL, JSON_COMPACT | JSON_REAL_PRECISION(6));
	print_rows(rows);
	out_raw(mark + strlen("@DATA@"));
	json_decref(object);
	return ok;
}

enum status export_html(struct view *view, struct selection *selection)
{
	struct rows rows = { .row = calloc(ON_PAGE, sizeof(*rows.row)) };
	struct inputs inputs = { .input = calloc(INPUTS_ON_PAGE, sizeof(*inputs.input)) };
	struct timeline *timeline = timeline_new();
	struct totals *totals = totals_new(BY_DEV | BY_OP, 0);
	enum status status = rows.row && inputs.input && timeline && totals ? FINE : out_of_memory();
	bool wanted;

	while (!status && select_step(selection, view, &wanted)) {
		if (view->event.record.type == RRJ_TURN)
			timeline_turn(timeline, &view->event);
		if (wanted)
			totals_add(totals, &view->event);
		if (wanted && view->event.record.type == RRJ_REQUEST)
			add(&rows, &view->event, timeline);
		if (wanted && view->event.record.type == RRJ_INPUT)
			add_input(&inputs, view);
	}
	if (!status) {
		const char *state =
			view->last < 0 ? "damaged" : rrj_state_name(rrj_reader_state(view->recording.reader));

		status = view_status(view);
		totals_end(totals);
		if (!print_page(head(view, totals, &rows, &inputs, state), &rows))
			status = out_of_memory();
		if (rows.count > ON_PAGE)
			say("the page's timeline holds the last %d of %" PRIu64 " requests; a range chooses others",
			    ON_PAGE, rows.count);
	}
	totals_free(totals);
	timeline_free(timeline);
	free(inputs.input);
	free(rows.row);
	return status;
}
