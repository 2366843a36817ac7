// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * field.c - the table of what a record has, and how it is shown. One thread; no allocation.
 */
#include "field.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>

#include "out.h"

/* ---- names ---- */

static const char *type_name(int value)
{
	return value < RRJ_TYPES ? rrj_type_name((enum rrj_type)value) : NULL;
}

static const char *kind_name(int value)
{
	return value <= RRJ_AGAIN ? rrj_kind_name((enum rrj_kind)value) : NULL;
}

static const char *op_name(int value)
{
	return value <= RRJ_COMPUTE ? rrj_op_name((enum rrj_op)value) : NULL;
}

static const char *source_name(int value)
{
	return value <= RRJ_LOOKED_UP ? rrj_source_name((enum rrj_source)value) : NULL;
}

static const char *call_name(int value)
{
	return value < RRJ_CALLS ? rrj_call_name((enum rrj_call)value) : NULL;
}

const struct field fields[FIELDS] = {
	[FIELD_TYPE] = { "type", "TYPE", "turn, request, input, …", -7, NAME, UNIT_COUNT, type_name },
	[FIELD_TICKET] = { "ticket", "TICKET", "the request's number, by submission", 7, PLAIN, UNIT_COUNT, NULL },
	[FIELD_TURN] = { "turn", "TURN", "the turn's number", 8, PLAIN, UNIT_COUNT, NULL },
	[FIELD_KIND] = { "kind", "KIND", "slice, stall, idle, nested, again", -6, NAME, UNIT_COUNT, kind_name },
	[FIELD_LOOP] = { "loop", "LOOP", "0 the main loop, else the iothread", 4, PLAIN, UNIT_COUNT, NULL },
	[FIELD_ICOUNT] = { "icount", "INSTRUCTION", "guest instructions, at release", 14, PLAIN, UNIT_COUNT, NULL },
	[FIELD_TIME] = { "time", "TIME", "of the host, since the start", 13, SECONDS, UNIT_TIME, NULL },
	[FIELD_OP] = { "op", "WHAT", "read, write, flush, …", -8, NAME, UNIT_COUNT, op_name },
	[FIELD_DEV] = { "dev", "FILE", "the image's name", -12, NAME, UNIT_COUNT, NULL },
	[FIELD_FILE] = { "file", "FILE", "the image's number", 4, PLAIN, UNIT_COUNT, NULL },
	[FIELD_OFF] = { "off", "OFFSET", "in the image, bytes", 12, PLAIN, UNIT_SIZE, NULL },
	[FIELD_LEN] = { "len", "LENGTH", "bytes", 8, PLAIN, UNIT_SIZE, NULL },
	[FIELD_RES] = { "res", "RESULT", "bytes, 0, or an error", 8, RESULT, UNIT_SIZE, NULL },
	[FIELD_LAT] = { "lat", "LATENCY", "on the host", 7, TIME, UNIT_TIME, NULL },
	[FIELD_INSNS] = { "insns", "IN INSNS", "guest instructions from submission to release", 8, PLAIN, UNIT_COUNT,
			  NULL },
	[FIELD_SUBMIT] = { "submit", "SUBMITTED", "guest instructions, at submission", 14, PLAIN, UNIT_COUNT, NULL },
	[FIELD_CALLS] = { "calls", "CALLS", "system calls", 5, PLAIN, UNIT_COUNT, NULL },
	[FIELD_SUM] = { "sum", "CHECKSUM", "of the data", -8, HEX, UNIT_COUNT, NULL },
	[FIELD_STACK] = { "stack", "STACK", "number of the submitting calls", 5, PLAIN, UNIT_COUNT, NULL },
	[FIELD_RELEASES] = { "releases", "RELEASES", "requests that a turn releases", 8, PLAIN, UNIT_COUNT, NULL },
	[FIELD_SOURCE] = { "source", "SOURCE", "of an input", -13, NAME, UNIT_COUNT, source_name },
	[FIELD_CALL] = { "call", "CALL", "of an input from outside", -12, NAME, UNIT_COUNT, call_name },
	[FIELD_FD] = { "fd", "FD", "of an input from outside: the descriptor's number in the recording", 4, PLAIN,
		       UNIT_COUNT, NULL },
	[FIELD_SIZE] = { "size", "SIZE", "of an input or a file, bytes", 12, PLAIN, UNIT_SIZE, NULL },
	[FIELD_TEXT] = { "text", "TEXT", "what else a record says", -1, NAME, UNIT_COUNT, NULL },
};

/* ---- values ---- */

static struct value none(void)
{
	return (struct value){ .kind = VALUE_NONE };
}

static struct value number(int64_t value)
{
	return (struct value){ .kind = VALUE_SIGNED, .number = value };
}

static struct value size(uint64_t value)
{
	return (struct value){ .kind = VALUE_UNSIGNED, .size = value };
}

static struct value text(const char *value)
{
	return (struct value){ .kind = VALUE_TEXT, .text = value };
}

static struct value of_request(enum field_id id, struct view *view)
{
	const struct rrj_request *request = &view->event.record.request;

	switch (id) {
	case FIELD_TICKET:
		return size(request->ticket);
	case FIELD_OP:
		return text(rrj_op_name(request->op));
	case FIELD_DEV:
		return text(names_file(&view->names, request->file));
	case FIELD_FILE:
		return size(request->file);
	case FIELD_OFF:
		return size(request->offset);
	case FIELD_LEN:
		return size(request->length);
	case FIELD_RES:
		return number(request->result);
	case FIELD_LAT:
		return number(request->latency_ns);
	case FIELD_INSNS:
		return request->submit_icount < 0 ? none() : number(event_insns(&view->event));
	case FIELD_SUBMIT:
		return request->submit_icount < 0 ? none() : number(request->submit_icount);
	case FIELD_CALLS:
		return size(request->calls);
	case FIELD_SUM:
		return request->checksum ? size(request->checksum) : none();
	case FIELD_STACK:
		return request->stack ? size(request->stack) : none();
	default:
		return none();
	}
}

static struct value of_file(enum field_id id, struct view *view)
{
	const struct rrj_file *file = &view->event.record.file;

	if (id == FIELD_FILE)
		return size(file->id);
	if (id == FIELD_DEV)
		return text(names_file(&view->names, file->id));
	return id == FIELD_SIZE ? size(file->size) : none();
}

static struct value of_input(enum field_id id, const struct rrj_input *input)
{
	struct rrj_exchange exchange;

	if (id == FIELD_SOURCE)
		return text(rrj_source_name(input->source));
	if (id == FIELD_SIZE)
		return size(input->size);
	if (!rrj_exchange_get(&exchange, input))
		return none();
	if (id == FIELD_CALL)
		return text(rrj_call_name(exchange.call));
	if (id == FIELD_FD)
		return exchange.descriptor ? size(exchange.descriptor) : none();
	return id == FIELD_RES ? number(exchange.result) : none();
}

static struct value of_turn(enum field_id id, const struct rrj_turn *turn)
{
	switch (id) {
	case FIELD_TURN:
		return size(turn->seq);
	case FIELD_KIND:
		return turn->seq ? text(rrj_kind_name(turn->kind)) : none();
	case FIELD_LOOP:
		return size(turn->loop);
	default:
		return none();
	}
}

struct value field_value(enum field_id id, struct view *view)
{
	static char words[1024];
	const struct event *event = &view->event;
	bool in_turn = event->record.type == RRJ_TURN || event->record.type == RRJ_REQUEST;

	switch (id) {
	case FIELD_TYPE:
		return text(rrj_type_name(event->record.type));
	case FIELD_ICOUNT:
		return number(event->icount);
	case FIELD_TIME:
		return number(event->time_ns);
	case FIELD_TURN:
	case FIELD_KIND:
	case FIELD_LOOP:
		return in_turn || id == FIELD_TURN ? of_turn(id, &event->turn) : none();
	case FIELD_RELEASES:
		return event->record.type == RRJ_TURN ? size(event->record.turn.releases) : none();
	case FIELD_TEXT:
		field_words(view, words, sizeof(words));
		return *words ? text(words) : none();
	default:
		break;
	}
	if (event->record.type == RRJ_REQUEST)
		return of_request(id, view);
	if (event->record.type == RRJ_FILE)
		return of_file(id, view);
	if (event->record.type == RRJ_STACK && id == FIELD_STACK)
		return size(event->record.stack.id);
	return event->record.type == RRJ_INPUT ? of_input(id, &event->record.input) : none();
}

/* ---- words ---- */

/* Printable bytes as they are, others in hexadecimal; the first ones. */
static void add_bytes(char *out, size_t room, const uint8_t *bytes, size_t count)
{
	size_t used = strlen(out);

	for (size_t i = 0; i < count && i < 40; i++)
		used += (size_t)snprintf(out + used, room - used,
					 bytes[i] >= ' ' && bytes[i] < 0x7f && bytes[i] != '\\' ? "%c" : "\\x%02x",
					 bytes[i]);
	snprintf(out + used, room - used, "%s", count > 40 ? "..." : "");
}

static void exchange_words(const struct rrj_input *input, const struct rrj_exchange *exchange, char *out, size_t room)
{
	size_t used =
		(size_t)snprintf(out, room, "%s: %s", rrj_source_name(input->source), rrj_call_name(exchange->call));

	if (exchange->descriptor)
		used += (size_t)snprintf(out + used, room - used, " of descriptor %" PRIu64, exchange->descriptor);
	used += (size_t)snprintf(out + used, room - used, ", result %" PRId64, exchange->result);
	if (input->source == RRJ_SENT && exchange->result > 0 && exchange->result <= 4) {
		uint8_t sent[] = { (uint8_t)exchange->digest, (uint8_t)(exchange->digest >> 8),
				   (uint8_t)(exchange->digest >> 16), (uint8_t)(exchange->digest >> 24) };

		snprintf(out + used, room - used, ": ");
		add_bytes(out, room, sent, (size_t)exchange->result);
	} else if (exchange->takes) {
		snprintf(out + used, room - used, ", digest %08" PRIx32, exchange->digest);
	} else if (exchange->size) {
		snprintf(out + used, room - used, ": ");
		add_bytes(out, room, exchange->data, exchange->size);
	}
}

static void ready_words(const struct rrj_input *input, char *out, size_t room)
{
	uint64_t descriptor, events;
	size_t used = (size_t)snprintf(out, room, "ready:");

	for (size_t i = 0; i < 20 && rrj_ready_get(input, i, &descriptor, &events); i++)
		used += (size_t)snprintf(out + used, room - used, "%s descriptor %" PRIu64 "%s%s%s%s", i ? "," : "",
					 descriptor, events & POLLIN ? " in" : "", events & POLLOUT ? " out" : "",
					 events & POLLHUP ? " hang-up" : "",
					 events & ~(uint64_t)(POLLIN | POLLOUT | POLLHUP) ? " other" : "");
}

static void input_words(const struct rrj_input *input, char *out, size_t room)
{
	const uint8_t *bytes = input->data;
	struct rrj_exchange exchange;
	struct rrj_signal signal;
	size_t used;

	if (input->source == RRJ_READY) {
		ready_words(input, out, room);
		return;
	}
	if (rrj_exchange_get(&exchange, input)) {
		exchange_words(input, &exchange, out, room);
		return;
	}

	if (input->source == RRJ_SIGNAL) {
		memcpy(&signal, input->data, sizeof(signal));
		snprintf(out, room, "signal %" PRId32 ", code %" PRId32 ", from process %" PRId32 " of user %" PRIu32,
			 signal.signo, signal.code, signal.pid, signal.uid);
		return;
	}
	used = (size_t)snprintf(out, room, "%s, %zu bytes ", rrj_source_name(input->source), input->size);
	for (size_t i = 0; i < input->size && i < 12; i++)
		used += (size_t)snprintf(out + used, room - used, "%02x", bytes[i]);
	snprintf(out + used, room - used, "%s", input->size > 12 ? "..." : "");
}

static void stack_words(const struct rrj_stack *stack, char *out, size_t room)
{
	size_t used = (size_t)snprintf(out, room, "%" PRIu32 ":", stack->id);

	for (size_t i = 0; i < stack->frames.size && used + 1 < room; i += strlen(stack->frames.bytes + i) + 1) {
		const char *frame = stack->frames.bytes + i;
		const char *plus = strpbrk(frame, "+ ");

		if (*frame != '?')
			used += (size_t)snprintf(out + used, room - used, " %.*s", plus ? (int)(plus - frame) : 60,
						 frame);
	}
}

void field_words(struct view *view, char *out, size_t room)
{
	const struct rrj_record *record = &view->event.record;

	*out = 0;
	switch (record->type) {
	case RRJ_START:
		snprintf(out, room, "rrio %s, %s %s, data %s", record->start.rrio_version, record->start.emulator,
			 record->start.emulator_version, rrj_data_name(record->start.data));
		break;
	case RRJ_FILE:
		snprintf(out, room, "%" PRIu32 " %s, %" PRIu64 " bytes%s%s%s", record->file.id, record->file.path,
			 record->file.size, record->file.flags & RRJ_FILE_TEMPORARY ? ", temporary" : "",
			 record->file.flags & RRJ_FILE_READ_ONLY ? ", read-only" : "",
			 record->file.flags & RRJ_FILE_DEVICE ? ", device" : "");
		break;
	case RRJ_INPUT:
		input_words(&record->input, out, room);
		break;
	case RRJ_NOTE:
		snprintf(out, room, "%s: %s", record->note.id, record->note.text);
		break;
	case RRJ_END:
		snprintf(out, room, "%s after %" PRIu64 " turns, %" PRIu64 " requests, %" PRIu64 " inputs",
			 record->end.cause, record->end.turns, record->end.requests, record->end.inputs);
		break;
	case RRJ_STACK:
		stack_words(&record->stack, out, room);
		break;
	case RRJ_TURN:
	case RRJ_REQUEST:
	case RRJ_TYPES:
		break;
	}
}

/* ---- the table ---- */

int field_find(const char *name, size_t length)
{
	static const struct alias {
		const char *name;
		enum field_id id;
	} aliases[] = { { "request", FIELD_TICKET },
			{ "offset", FIELD_OFF },
			{ "length", FIELD_LEN },
			{ "result", FIELD_RES },
			{ "latency", FIELD_LAT } };

	for (int i = 0; i < FIELDS; i++)
		if (strlen(fields[i].name) == length && !strncmp(fields[i].name, name, length))
			return i;
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (strlen(aliases[i].name) == length && !strncmp(aliases[i].name, name, length))
			return (int)aliases[i].id;
	return -1;
}

const char *field_list(void)
{
	static char list[512];
	size_t used = 0;

	for (int i = 0; i < FIELDS; i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i ? "," : "", fields[i].name);
	return list;
}

static void print_result(int64_t result, int width)
{
	const char *name = result < 0 && result > -4096 ? strerrorname_np((int)-result) : NULL;
	char shown[32];

	if (!name) {
		out_number(result, width);
		return;
	}
	snprintf(shown, sizeof(shown), "-%s", name);
	out_text(shown, -width);
}

static void print_time(int64_t ns, int width)
{
	static const struct unit_name {
		int64_t upto;
		double size;
		const char *name;
	} units[] = { { 1000, 1, "ns" }, { 1000000, 1e3, "us" }, { 1000000000, 1e6, "ms" }, { INT64_MAX, 1e9, "s" } };
	const struct unit_name *unit = units;

	while (ns >= unit->upto && unit->upto < INT64_MAX)
		unit++;
	if (unit->size == 1) {
		out_number(ns, width - 2);
	} else {
		int64_t tenths = (int64_t)((double)ns / unit->size * 10 + 0.5);

		out_number(tenths / 10, width - (int)strlen(unit->name) - 2);
		out_char('.');
		out_char((char)('0' + tenths % 10));
	}
	out_raw(unit->name);
}

void field_print(enum field_id id, struct value value, int width)
{
	char shown[40];

	switch (value.kind) {
	case VALUE_NONE:
		out_text("-", width);
		return;
	case VALUE_TEXT:
		out_text(value.text, width);
		return;
	case VALUE_UNSIGNED:
		if (fields[id].form == HEX) {
			snprintf(shown, sizeof(shown), "%08" PRIx64, value.size);
			out_text(shown, width);
		} else {
			out_unsigned(value.size, width);
		}
		return;
	case VALUE_SIGNED:
		break;
	}
	if (fields[id].form == RESULT) {
		print_result(value.number, width);
	} else if (fields[id].form == TIME) {
		print_time(value.number, width);
	} else if (fields[id].form == SECONDS) {
		snprintf(shown, sizeof(shown), "%.6f s", (double)value.number / 1e9);
		out_text(shown, width);
	} else {
		out_number(value.number, width);
	}
}
