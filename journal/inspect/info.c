// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * info.c - rrio-inspect info: how this was recorded, how it ended, and how much there is; as text, as JSON, or one
 * field for a script.
 *
 * One thread. A table says what the fields are, for all three forms.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "summary.h"

enum how { TEXT, TEXT_IN_PLACE, LIST, NUMBER, DATA, STATE };

#define START(name, how)                                               \
	{                                                              \
#name, offsetof(struct summary, start.name), how, true \
	}
#define COUNT(name, type)                                                    \
	{                                                                    \
#name, offsetof(struct summary, counts[type]), NUMBER, false \
	}
#define WHOLE(name, how)                                          \
	{                                                         \
#name, offsetof(struct summary, name), how, false \
	}

static const struct field {
	const char *name;
	size_t at;
	enum how how;
	bool early; /* known as soon as the START record is read */
} fields[] = {
	{ "id", offsetof(struct summary, id), TEXT_IN_PLACE, true },
	START(rrio_version, TEXT),
	START(emulator, TEXT),
	START(emulator_version, TEXT),
	START(emulator_size, NUMBER),
	START(build_id, TEXT),
	START(cwd, TEXT),
	START(argv, LIST),
	START(env, LIST),
	START(data, DATA),
	START(mono_ns, NUMBER),
	START(real_ns, NUMBER),
	WHOLE(state, STATE),
	WHOLE(cause, TEXT),
	WHOLE(icount, NUMBER),
	WHOLE(duration_ns, NUMBER),
	COUNT(turns, RRJ_TURN),
	COUNT(requests, RRJ_REQUEST),
	COUNT(inputs, RRJ_INPUT),
	COUNT(files, RRJ_FILE),
	COUNT(notes, RRJ_NOTE),
	WHOLE(slices, NUMBER),
	WHOLE(bytes, NUMBER),
	WHOLE(uncontrolled, LIST),
};

enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

static const void *at(const struct summary *s, const struct field *field)
{
	return (const char *)s + field->at;
}

static const struct rrj_strings *list(const struct summary *s, const struct field *field)
{
	return at(s, field);
}

/* The field as text; empty for what is none. */
static const char *text(const struct summary *s, const struct field *field)
{
	switch (field->how) {
	case TEXT:
		return *(const char *const *)at(s, field);
	case TEXT_IN_PLACE:
		return at(s, field);
	case DATA:
		return rrj_data_name(*(const enum rrj_data *)at(s, field));
	case STATE:
		return rrj_state_name(*(const enum rrj_state *)at(s, field));
	default:
		return "";
	}
}

/* ---- text ---- */

static void print_list(const struct rrj_strings *strings, const char *between)
{
	const char *gap = "";

	for (size_t i = 0; i < strings->size; i += strlen(strings->bytes + i) + 1) {
		fputs(gap, stdout);
		print_safe(strings->bytes + i, stdout);
		gap = between;
	}
}

static void print_text(const struct summary *s)
{
	for (const struct field *field = fields; field < fields + FIELDS; field++) {
		printf("%-16s ", field->name);
		if (field->how == LIST)
			print_list(list(s, field), !strcmp(field->name, "argv") ? " " : "\n                 ");
		else if (field->how == NUMBER)
			printf("%" PRId64, *(const int64_t *)at(s, field));
		else
			print_safe(text(s, field), stdout);
		putchar('\n');
	}
}

/* ---- one field ---- */

static const struct field *find(const char *name)
{
	for (const struct field *field = fields; field < fields + FIELDS; field++)
		if (!strcmp(name, field->name))
			return field;
	return NULL;
}

static void print_field(const struct summary *s, const struct field *field)
{
	if (field->how == LIST)
		fwrite(list(s, field)->bytes, 1, list(s, field)->size, stdout);
	else if (field->how == NUMBER)
		printf("%" PRId64 "\n", *(const int64_t *)at(s, field));
	else
		puts(text(s, field));
}

/* ---- JSON ---- */

static json_t *json_field(const struct summary *s, const struct field *field)
{
	if (field->how == LIST)
		return json_list(list(s, field));
	if (field->how == NUMBER)
		return json_integer(*(const json_int_t *)at(s, field));
	return json_text(text(s, field));
}

static int print_json(const struct summary *s)
{
	json_t *object = json_object();
	int error = 0;

	for (const struct field *field = fields; field < fields + FIELDS; field++)
		error |= json_object_set_new(object, field->name, json_field(s, field));
	error |= json_write(object, JSON_INDENT(2));
	return error ? -ENOMEM : 0;
}

/* ---- the command ---- */

static enum status show(struct recording *recording, const struct options *options, const struct field *field)
{
	struct summary s;
	bool start_only = field && field->early;
	int last = summary_make(&s, recording, start_only);
	enum status status;

	if (s.started && (last >= 0 || last == -EBADMSG)) {
		if (field)
			print_field(&s, field);
		else if (!options->output || !strcmp(options->output, "text"))
			print_text(&s);
		else if (print_json(&s))
			last = -ENOMEM;
	}
	status = recording_status(recording, last);
	summary_free(&s);
	return status;
}

static enum status info(const struct options *options)
{
	struct recording recording;
	const struct field *field = NULL;
	enum status status;

	if (options->field) {
		field = find(options->field);
		if (!field) {
			say("there is no field %s; rrio-inspect info shows them all", options->field);
			return USAGE;
		}
	}
	if (options->output && strcmp(options->output, "json") && strcmp(options->output, "text")) {
		say("-o takes text or json, not %s; see: rrio-inspect --help", options->output);
		return USAGE;
	}
	status = recording_open(&recording, options->recording);
	if (status)
		return status;
	status = show(&recording, options, field);
	recording_close(&recording);
	return status;
}

const struct command command_info = {
	.name = "info",
	.synopsis = "info [-o text|json]",
	.does = "how it was recorded, what was not controlled, how it ended",
	.takes = " o field ",
	.words = ONE_RECORDING,
	.run = info,
};
