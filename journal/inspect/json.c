// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * json.c - records as JSON, one a line (schema.json says what they hold), and what else is written as JSON.
 *
 * Owns nothing. One thread. Without memory a line is left out, and that is told at the end.
 */
#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"
#include "out.h"

static char *escape(const char *string)
{
	char *escaped = calloc(4, strlen(string) + 1), *out = escaped;

	for (; escaped && *string; string++) {
		if ((unsigned char)*string < 0x80)
			*out++ = *string;
		else
			out += sprintf(out, "\\x%02x", (unsigned char)*string);
	}
	return escaped;
}

json_t *json_text(const char *string)
{
	json_t *value = json_string(string);
	char *escaped;

	if (value)
		return value;
	escaped = escape(string);
	value = escaped ? json_string(escaped) : NULL;
	free(escaped);
	return value;
}

json_t *json_list(const struct rrj_strings *strings)
{
	json_t *array = json_array();

	for (size_t i = 0; i < strings->size; i += strlen(strings->bytes + i) + 1)
		json_array_append_new(array, json_text(strings->bytes + i));
	return array;
}

static int put(const char *bytes, size_t size, void *data)
{
	(void)data;
	for (size_t i = 0; i < size; i++)
		out_char(bytes[i]);
	return 0;
}

int json_write(json_t *value, size_t flags)
{
	int error = value ? json_dump_callback(value, put, NULL, flags) : -1;

	json_decref(value);
	out_char('\n');
	return error ? -ENOMEM : 0;
}

/* ---- records ---- */

static void set_hex(json_t *object, const char *key, const uint8_t *bytes, size_t size)
{
	char hex[2 * 256 + 1] = "";

	for (size_t i = 0; i < size && i < 256; i++)
		sprintf(hex + 2 * i, "%02x", bytes[i]);
	json_object_set_new(object, key, json_string(hex));
}

static void add_start(json_t *object, const struct rrj_start *start)
{
	set_hex(object, "id", start->id, sizeof(start->id));
	json_object_set_new(object, "rrio_version", json_text(start->rrio_version));
	json_object_set_new(object, "emulator", json_text(start->emulator));
	json_object_set_new(object, "emulator_version", json_text(start->emulator_version));
	json_object_set_new(object, "emulator_size", json_integer((json_int_t)start->emulator_size));
	json_object_set_new(object, "build_id", json_text(start->build_id));
	json_object_set_new(object, "cwd", json_text(start->cwd));
	json_object_set_new(object, "argv", json_list(&start->argv));
	json_object_set_new(object, "env", json_list(&start->env));
	json_object_set_new(object, "data", json_text(rrj_data_name(start->data)));
	json_object_set_new(object, "mono_ns", json_integer(start->mono_ns));
	json_object_set_new(object, "real_ns", json_integer(start->real_ns));
}

static void add_file(json_t *object, const struct rrj_file *file)
{
	char digest[17];

	snprintf(digest, sizeof(digest), "%016" PRIx64, file->digest);
	json_object_set_new(object, "path", json_text(file->path));
	json_object_set_new(object, "mtime_ns", json_integer(file->mtime_ns));
	json_object_set_new(object, "digest", json_string(digest));
	json_object_set_new(object, "temporary", json_boolean(file->flags & RRJ_FILE_TEMPORARY));
	json_object_set_new(object, "read_only", json_boolean(file->flags & RRJ_FILE_READ_ONLY));
	json_object_set_new(object, "device", json_boolean(file->flags & RRJ_FILE_DEVICE));
}

static void add_input(json_t *object, const struct rrj_input *input)
{
	struct rrj_exchange exchange;
	struct rrj_signal signal;

	if (rrj_exchange_get(&exchange, input) && exchange.takes) {
		char digest[9];

		snprintf(digest, sizeof(digest), "%08" PRIx32, exchange.digest);
		json_object_set_new(object, "digest", json_string(digest));
	}
	if (input->source != RRJ_SIGNAL) {
		set_hex(object, "bytes", input->data, input->size);
		return;
	}
	memcpy(&signal, input->data, sizeof(signal));
	json_object_set_new(object, "signal", json_integer(signal.signo));
	json_object_set_new(object, "code", json_integer(signal.code));
	json_object_set_new(object, "pid", json_integer(signal.pid));
	json_object_set_new(object, "uid", json_integer(signal.uid));
}

static void add_request(json_t *object, const struct rrj_request *request)
{
	const char *error =
		request->result < 0 && request->result > -4096 ? strerrorname_np((int)-request->result) : NULL;

	if (error)
		json_object_set_new(object, "error", json_string(error));
	if (request->calls > 1 && request->calls - 1 <= RRJ_RESULTS) {
		json_t *results = json_array();

		for (uint32_t i = 0; i + 1 < request->calls; i++)
			json_array_append_new(results, json_integer(request->results[i]));
		json_object_set_new(object, "results", results);
	}
}

static void add_end(json_t *object, const struct rrj_end *end)
{
	json_object_set_new(object, "cause", json_text(end->cause));
	json_object_set_new(object, "turns", json_integer((json_int_t)end->turns));
	json_object_set_new(object, "requests", json_integer((json_int_t)end->requests));
	json_object_set_new(object, "inputs", json_integer((json_int_t)end->inputs));
	json_object_set_new(object, "slices", json_integer((json_int_t)end->slices));
	json_object_set_new(object, "mono_ns", json_integer(end->mono_ns));
	json_object_set_new(object, "real_ns", json_integer(end->real_ns));
}

/* What a record has beside the fields that all records share. */
static void add_rest(json_t *object, const struct rrj_record *record)
{
	switch (record->type) {
	case RRJ_START:
		add_start(object, &record->start);
		break;
	case RRJ_FILE:
		add_file(object, &record->file);
		break;
	case RRJ_REQUEST:
		add_request(object, &record->request);
		break;
	case RRJ_INPUT:
		add_input(object, &record->input);
		break;
	case RRJ_NOTE:
		json_object_set_new(object, "id", json_text(record->note.id));
		json_object_set_new(object, "text", json_text(record->note.text));
		break;
	case RRJ_END:
		add_end(object, &record->end);
		break;
	case RRJ_STACK:
		json_object_set_new(object, "frames", json_list(&record->stack.frames));
		break;
	case RRJ_TURN:
	case RRJ_TYPES:
		break;
	}
}

static json_t *value_of(enum field_id id, struct value value)
{
	char hex[20];

	if (value.kind == VALUE_TEXT)
		return json_text(value.text);
	if (value.kind == VALUE_SIGNED)
		return json_integer(value.number);
	if (fields[id].form != HEX)
		return json_integer((json_int_t)value.size);
	snprintf(hex, sizeof(hex), "%08" PRIx64, value.size);
	return json_string(hex);
}

static void begin(const struct columns *columns)
{
	(void)columns;
	json_write(
		json_pack("{s:s, s:i, s:s}", "type", "schema", "version", 1, "generator", "rrio-inspect " RRIO_VERSION),
		JSON_COMPACT);
}

static void line(struct view *view, const struct columns *columns)
{
	json_t *object = json_object();

	for (int i = 0; i < (columns->count ? columns->count : FIELD_TEXT); i++) {
		enum field_id id = columns->count ? columns->id[i] : (enum field_id)i;
		struct value value = field_value(id, view);

		if (value.kind != VALUE_NONE)
			json_object_set_new(object, fields[id].name, value_of(id, value));
	}
	if (!columns->count)
		add_rest(object, &view->event.record);
	if (columns->count && !json_object_size(object))
		json_decref(object); /* nothing of what was asked for */
	else
		json_write(object, JSON_COMPACT);
}

const struct format format_ndjson = { "ndjson", begin, line };
