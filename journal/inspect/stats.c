// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stats.c - rrio-inspect stats: counts, bytes, rates, latencies and queue depth, as text or JSON.
 *
 * One thread; constant memory. Quantiles are right to within 3 percent.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "lines.h"
#include "out.h"
#include "select.h"
#include "totals.h"

static const double parts[] = { 0.5, 0.9, 0.99 };
static const char *const part_names[] = { "p50", "p90", "p99" };

enum { PARTS = 3, BAR = 48 };

/* ---- text ---- */

static void print_spread(const struct spread *spread, int width, bool is_time)
{
	char text[QUANTITY_SIZE];

	for (int i = 0; i <= PARTS; i++) {
		int64_t value = i < PARTS ? spread_quantile(spread, parts[i]) : spread->most;

		out_char(' ');
		if (!spread->count)
			out_text("-", width);
		else
			out_text(is_time ? quantity_time(text, value) : quantity_count(text, (double)value), width);
	}
}

static const char *size_name(char text[QUANTITY_SIZE], int size)
{
	if (size < 0)
		return "-";
	return quantity_bytes(text, (double)((uint64_t)1 << (size < 63 ? size : 63)));
}

static void print_group(struct view *view, const struct group *group, unsigned by)
{
	char text[QUANTITY_SIZE];

	if (by & BY_DEV) {
		out_text(names_file(&view->names, group->file), -12);
		out_char(' ');
	}
	if (by & BY_OP) {
		out_text(rrj_op_name(group->op), -8);
		out_char(' ');
	}
	if (by & BY_SIZE) {
		out_text(size_name(text, group->size), 6);
		out_char(' ');
	}
	out_unsigned(group->requests, 9);
	out_char(' ');
	out_text(quantity_bytes(text, (double)group->bytes), 6);
	out_char(' ');
	out_unsigned(group->errors, 6);
	print_spread(&group->lat_ns, 6, true);
	print_spread(&group->insns, 5, false);
	out_char('\n');
}

static int group_order(const void *a, const void *b)
{
	const struct group *x = *(struct group *const *)a, *y = *(struct group *const *)b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->op != y->op)
		return x->op < y->op ? -1 : 1;
	return x->size - y->size;
}

static void print_groups(struct view *view, const struct groups *groups)
{
	out_char('\n');
	if (groups->by & BY_DEV)
		out_raw("FILE         ");
	if (groups->by & BY_OP)
		out_raw("WHAT     ");
	if (groups->by & BY_SIZE)
		out_raw("  UPTO ");
	out_raw(" REQUESTS  BYTES ERRORS    p50    p90    p99    max   p50   p90   p99   max\n");
	for (unsigned i = 0; i < groups->count; i++)
		print_group(view, groups->group[i], groups->by);
}

static void print_sums(const struct view *view, const struct totals *t)
{
	double seconds = (double)(t->last_ns - t->first_ns) / 1e9, insns = (double)(t->last_icount - t->first_icount);
	char a[QUANTITY_SIZE], b[QUANTITY_SIZE], c[QUANTITY_SIZE];

	out_text(view->recording.path, 0);
	out_format(": %" PRIu64 " requests, %s bytes, %" PRIu64 " errors, %" PRIu64 " turns, %" PRIu64 " inputs\n",
		   t->all.requests, quantity_bytes(a, (double)t->all.bytes), t->all.errors, t->turns, t->inputs);
	out_format("host       %s; %s requests/s, %s bytes/s\n", quantity_time(a, t->last_ns - t->first_ns),
		   quantity_count(b, seconds > 0 ? (double)t->all.requests / seconds : 0),
		   quantity_bytes(c, seconds > 0 ? (double)t->all.bytes / seconds : 0));
	out_format("guest      %s instructions; %s requests, %s bytes per million\n", quantity_count(a, insns),
		   quantity_count(b, insns > 0 ? (double)t->all.requests / insns * 1e6 : 0),
		   quantity_bytes(c, insns > 0 ? (double)t->all.bytes / insns * 1e6 : 0));
	out_format("in flight  %.2f in the mean; when one is submitted:", totals_mean_depth(t));
	for (int i = 0; i < PARTS; i++)
		out_format(" %s %" PRId64 ",", part_names[i], spread_quantile(&t->depth, parts[i]));
	out_format(" max %" PRId64 "\n", t->depth.most);
	out_raw("latency    on the host, then in guest instructions from submission to release\n");
}

/* Powers of two, from the first to the last that has any. */
static void print_hist(const char *title, const struct spread *spread, bool is_time)
{
	int first = 62, last = 0, bar = out_width() - 34;
	uint64_t most = 0;

	bar = bar > BAR ? BAR : bar < 4 ? 4 : bar;
	for (int i = 0; i < 62; i++) {
		uint64_t n = spread_between(spread, i ? 1ll << i : 0, 1ll << (i + 1));

		first = n && i < first ? i : first;
		last = n ? i : last;
		most = n > most ? n : most;
	}
	out_format("\n%s\n", title);
	for (int i = first; i <= last; i++) {
		uint64_t n = spread_between(spread, i ? 1ll << i : 0, 1ll << (i + 1));
		char from[QUANTITY_SIZE], to[QUANTITY_SIZE];
		int length = (int)((double)n * bar / (double)most + 0.999);

		if (is_time)
			out_format("%8s .. %-8s %10" PRIu64 " ", quantity_time(from, i ? 1ll << i : 0),
				   quantity_time(to, 1ll << (i + 1)), n);
		else
			out_format("%8s .. %-8s %10" PRIu64 " ", quantity_count(from, i ? (double)(1ll << i) : 0),
				   quantity_count(to, (double)(1ll << (i + 1))), n);
		for (int k = 0; k < length; k++)
			out_char('#');
		out_char('\n');
	}
}

static void print_top(struct view *view, const char *title, const struct event *top, unsigned count)
{
	out_format("\n%s\n", title);
	format_text.begin(&(struct columns){ .count = 0 });
	for (unsigned i = 0; i < count; i++) {
		view->event = top[i];
		format_text.line(view, &(struct columns){ .count = 0 });
	}
}

static void print_text(struct view *view, struct totals *t, const struct options *options)
{
	print_sums(view, t);
	print_groups(view, &t->groups);
	if (!options->by && t->sizes.count)
		print_groups(view, &t->sizes);
	if (options->hist) {
		print_hist("latency on the host", &t->all.lat_ns, true);
		print_hist("latency in guest instructions", &t->all.insns, false);
		print_hist("in flight when one is submitted", &t->depth, false);
	}
	if (t->top_room) {
		print_top(view, "slowest on the host", t->top, t->top_count);
		print_top(view, "slowest in guest instructions", t->top_insns, t->top_insns_count);
	}
}

/* ---- JSON ---- */

static json_t *json_spread(const struct spread *spread)
{
	json_t *object = json_object();

	for (int i = 0; i < PARTS; i++)
		json_object_set_new(object, part_names[i], json_integer(spread_quantile(spread, parts[i])));
	json_object_set_new(object, "max", json_integer(spread->most));
	json_object_set_new(object, "mean", json_real(spread->count ? spread->sum / (double)spread->count : 0));
	return object;
}

static json_t *json_hist(const struct spread *spread)
{
	json_t *array = json_array();

	for (int i = 0; i < 62; i++) {
		int64_t from = i ? 1ll << i : 0, to = 1ll << (i + 1);
		uint64_t n = spread_between(spread, from, to);

		if (n)
			json_array_append_new(array, json_pack("{s:I, s:I, s:I}", "from", (json_int_t)from, "to",
							       (json_int_t)to, "count", (json_int_t)n));
	}
	return array;
}

static json_t *json_group(struct view *view, const struct group *group, unsigned by)
{
	json_t *object = json_object();

	if (by & BY_DEV)
		json_object_set_new(object, "dev", json_text(names_file(&view->names, group->file)));
	if (by & BY_OP)
		json_object_set_new(object, "op", json_text(rrj_op_name(group->op)));
	if (by & BY_SIZE && group->size >= 0)
		json_object_set_new(object, "upto",
				    json_integer((json_int_t)1 << (group->size < 62 ? group->size : 62)));
	json_object_set_new(object, "requests", json_integer((json_int_t)group->requests));
	json_object_set_new(object, "bytes", json_integer((json_int_t)group->bytes));
	json_object_set_new(object, "errors", json_integer((json_int_t)group->errors));
	json_object_set_new(object, "lat_ns", json_spread(&group->lat_ns));
	json_object_set_new(object, "insns", json_spread(&group->insns));
	return object;
}

static json_t *json_groups(struct view *view, const struct groups *groups)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < groups->count; i++)
		json_array_append_new(array, json_group(view, groups->group[i], groups->by));
	return array;
}

static json_t *json_top(const struct event *top, unsigned count)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < count; i++)
		json_array_append_new(array, json_integer((json_int_t)top[i].record.request.ticket));
	return array;
}

static int print_json(struct view *view, const struct totals *t)
{
	json_t *object = json_group(view, &t->all, 0), *depth = json_spread(&t->depth);

	json_object_set_new(object, "turns", json_integer((json_int_t)t->turns));
	json_object_set_new(object, "inputs", json_integer((json_int_t)t->inputs));
	json_object_set_new(object, "host_ns", json_integer(t->last_ns - t->first_ns));
	json_object_set_new(object, "guest_insns", json_integer(t->last_icount - t->first_icount));
	json_object_set_new(depth, "mean_over_insns", json_real(totals_mean_depth(t)));
	json_object_set_new(object, "depth", depth);
	json_object_set_new(object, "groups", json_groups(view, &t->groups));
	json_object_set_new(object, "sizes", json_groups(view, &t->sizes));
	json_object_set_new(object, "hist_lat_ns", json_hist(&t->all.lat_ns));
	json_object_set_new(object, "hist_insns", json_hist(&t->all.insns));
	json_object_set_new(object, "hist_depth", json_hist(&t->depth));
	json_object_set_new(object, "slowest", json_top(t->top, t->top_count));
	json_object_set_new(object, "slowest_insns", json_top(t->top_insns, t->top_insns_count));
	return json_write(object, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
}

/* ---- the command ---- */

static enum status read_by(unsigned *by, const char *list)
{
	static const char *const names[] = { "dev", "op", "size" };

	*by = list ? 0 : BY_DEV | BY_OP;
	for (const char *word = list; word; word = strchr(word, ',') ? strchr(word, ',') + 1 : NULL) {
		size_t length = strcspn(word, ",");
		unsigned before = *by;

		for (unsigned i = 0; i < 3; i++)
			if (strlen(names[i]) == length && !strncmp(names[i], word, length))
				*by |= 1u << i;
		if (*by == before)
			return say_at(list, (size_t)(word - list), "requests are grouped by any of dev, op, size");
	}
	return FINE;
}

static enum status read_top(unsigned *top, const char *number)
{
	char *end;
	unsigned long value = number ? strtoul(number, &end, 10) : 0;

	*top = (unsigned)value;
	if (number && (*end || !value || value > 10000 || *number == '-'))
		return say_at(number, 0, "--top takes a number from 1 to 10000");
	return FINE;
}

static enum status count(struct view *view, const struct options *options, unsigned by, unsigned top)
{
	struct selection *selection = NULL;
	struct totals *totals = totals_new(by, top);
	enum status status = totals ? select_open(&selection, view, options->words) : out_of_memory();

	if (!status) {
		select_seek(selection, view);
		while (select_next(selection, view))
			totals_add(totals, &view->event);
		totals_end(totals);
		if (totals->groups.count)
			qsort(totals->groups.group, totals->groups.count, sizeof(void *), group_order);
		if (totals->sizes.count)
			qsort(totals->sizes.group, totals->sizes.count, sizeof(void *), group_order);
		status = view_status(view);
		if (status == FINE || status == FINDING) {
			if (options->output && !strcmp(options->output, "json"))
				print_json(view, totals);
			else
				print_text(view, totals, options);
		}
		if (totals->failed)
			say("there are more groups than are shown; the sums hold all requests");
	}
	select_close(selection);
	totals_free(totals);
	return status;
}

static enum status stats(const struct options *options)
{
	struct view view;
	unsigned by, top;
	enum status status = read_by(&by, options->by);

	status = status ? status : read_top(&top, options->top);
	if (status)
		return status;
	if (options->output && strcmp(options->output, "json") && strcmp(options->output, "text")) {
		say("-o takes text or json, not %s; see: rrio-inspect --help", options->output);
		return USAGE;
	}
	status = view_open(&view, options->recording);
	if (status)
		return status;
	status = count(&view, options, by, top);
	view_close(&view);
	return status;
}

const struct command command_stats = {
	.name = "stats",
	.synopsis = "stats [-o text|json]",
	.does = "counts, bytes, rates, latencies, queue depth",
	.takes = " o by hist top ",
	.words = SELECTION,
	.run = stats,
};
