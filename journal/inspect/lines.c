// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lines.c - records as text in columns, and as CSV. One thread; no allocation.
 *
 * Without -F a request has the usual columns and every other record says in words what it is; with it every record has
 * the same columns.
 */
#include "lines.h"

#include <string.h>

#include "out.h"

/* ---- which columns ---- */

enum status columns_read(struct columns *columns, const char *list)
{
	columns->count = 0;
	for (const char *word = list; word && *word; word += strcspn(word, ",") + (word[strcspn(word, ",")] == ',')) {
		int field = field_find(word, strcspn(word, ","));

		if (field < 0)
			return say_at(list, (size_t)(word - list), "no field is called that; there are: %s",
				      field_list());
		if (columns->count == FIELDS)
			return say_at(list, (size_t)(word - list), "that are more fields than there are");
		columns->id[columns->count++] = (enum field_id)field;
	}
	return list && !columns->count ? say_at(list, 0, "-F takes fields, with commas: %s", field_list()) : FINE;
}

enum status format_find(const struct format **format, const char *name)
{
	static const struct format *const formats[] = { &format_text, &format_ndjson, &format_csv };

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (!name || !strcmp(formats[i]->name, name)) {
			*format = formats[i];
			return FINE;
		}
	say("-o takes text, ndjson or csv, not %s; see: rrio-inspect --help", name);
	return USAGE;
}

/* ---- text ---- */

static const struct columns usual = { { FIELD_TICKET, FIELD_KIND, FIELD_ICOUNT, FIELD_OP, FIELD_DEV, FIELD_OFF,
					FIELD_LEN, FIELD_RES, FIELD_LAT, FIELD_INSNS },
				      10 };

/* Colours of a column, for eyes that look for errors and for the kind of request. */
static const char *colour(const struct view *view, enum field_id id)
{
	const struct rrj_record *record = &view->event.record;

	if (record->type != RRJ_REQUEST)
		return record->type == RRJ_TURN ? "\033[2m" : record->type == RRJ_NOTE ? "\033[33m" : NULL;
	if (id == FIELD_RES)
		return record->request.result < 0 ? "\033[1;31m" : NULL;
	if (id != FIELD_OP)
		return NULL;
	return record->request.op == RRJ_READ ? "\033[36m" : record->request.op == RRJ_WRITE ? "\033[33m" : "\033[35m";
}

static void print_columns(struct view *view, const struct columns *columns)
{
	for (int i = 0; i < columns->count; i++) {
		enum field_id id = columns->id[i];
		const char *on = out_in_colour() ? colour(view, id) : NULL;
		int width =
			id == FIELD_TEXT || (i + 1 == columns->count && fields[id].width < 0) ? 0 : fields[id].width;

		if (i)
			out_char(' ');
		if (on)
			out_raw(on);
		field_print(id, field_value(id, view), width);
		if (on)
			out_raw("\033[0m");
	}
	out_char('\n');
}

void lines_lead(const char *what)
{
	out_text("", 7);
	out_char(' ');
	out_text("", -6);
	out_char(' ');
	out_text("", 14);
	out_char(' ');
	out_text(what, -8);
	out_char(' ');
}

static void print_turn(const struct view *view)
{
	const struct rrj_turn *turn = &view->event.record.turn;
	char seconds[32];

	if (out_in_colour())
		out_raw("\033[2m");
	out_text("", 8);
	out_text(rrj_kind_name(turn->kind), -7);
	out_number(turn->icount, 14);
	out_raw(" turn     ");
	out_unsigned(turn->seq, -13);
	snprintf(seconds, sizeof(seconds), "%+12.6f s", (double)view->event.time_ns / 1e9);
	out_raw(seconds);
	out_raw(", releases ");
	out_unsigned(turn->releases, 0);
	if (turn->loop) {
		out_raw(", iothread ");
		out_unsigned(turn->loop, 0);
	}
	if (out_in_colour())
		out_raw("\033[0m");
	out_char('\n');
}

static void print_end(struct view *view)
{
	char words[1024];

	out_text("", 15);
	out_number(view->event.icount, 14);
	out_raw(" end      ");
	field_words(view, words, sizeof(words));
	out_text(words, 0);
	out_char('\n');
}

static void text_line(struct view *view, const struct columns *columns)
{
	char words[8192];

	if (columns->count || view->event.record.type == RRJ_REQUEST) {
		print_columns(view, columns->count ? columns : &usual);
	} else if (view->event.record.type == RRJ_TURN) {
		print_turn(view);
	} else if (view->event.record.type == RRJ_END) {
		print_end(view);
	} else {
		lines_lead(rrj_type_name(view->event.record.type));
		field_words(view, words, sizeof(words));
		out_text(words, 0);
		out_char('\n');
	}
}

static void text_begin(const struct columns *columns)
{
	const struct columns *shown = columns->count ? columns : &usual;

	for (int i = 0; i < shown->count; i++) {
		bool last = i + 1 == shown->count && fields[shown->id[i]].width < 0;

		if (i)
			out_char(' ');
		out_text(fields[shown->id[i]].header, last ? 0 : fields[shown->id[i]].width);
	}
	out_char('\n');
}

const struct format format_text = { "text", text_begin, text_line };

/* ---- CSV, RFC 4180 ---- */

static void csv_text(const char *text)
{
	if (!strpbrk(text, ",\"\n\r")) {
		out_raw(text);
		return;
	}
	out_char('"');
	for (; *text; text++) {
		if (*text == '"')
			out_char('"');
		out_char(*text);
	}
	out_char('"');
}

static void csv_value(enum field_id id, struct value value)
{
	if (value.kind == VALUE_TEXT)
		csv_text(value.text);
	else if (value.kind == VALUE_SIGNED)
		out_number(value.number, 0);
	else if (value.kind == VALUE_UNSIGNED)
		field_print(id, value, 0);
}

/* Without -F all fields. */
static enum field_id csv_field(const struct columns *columns, int i)
{
	return columns->count ? columns->id[i] : (enum field_id)i;
}

static void csv_begin(const struct columns *columns)
{
	for (int i = 0; i < (columns->count ? columns->count : FIELDS); i++) {
		if (i)
			out_char(',');
		out_raw(fields[csv_field(columns, i)].name);
	}
	out_raw("\r\n");
}

static void csv_line(struct view *view, const struct columns *columns)
{
	for (int i = 0; i < (columns->count ? columns->count : FIELDS); i++) {
		if (i)
			out_char(',');
		csv_value(csv_field(columns, i), field_value(csv_field(columns, i), view));
	}
	out_raw("\r\n");
}

const struct format format_csv = { "csv", csv_begin, csv_line };
