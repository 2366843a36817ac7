// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fields.c - the records that are their fields one behind the other: the table of FORMAT.md, section 6.
 *
 * Owns the order and encoding of these fields. Any thread; no allocation, no system call. What cannot be read sets
 * `bad` in the input.
 */
#include "fields.h"

#include <string.h>

enum how { ENUM = 1, U32, U64, S64, STRING, STRINGS, BYTES };

struct field {
	enum how how;
	uint16_t at;  /* in the record's struct */
	uint32_t max; /* of an ENUM, which starts at 1; else ADDED */
};

/* A later field, one in a record, which older ones end without: a number is 0 then, a signed one -1. */
enum { ADDED = 1 };

/* All that BYTES and STRINGS share is a pointer and a size; in this order in both structs. */
struct bytes {
	const void *data;
	size_t size;
};

#define FIELD(record, how, member, ...) { how, offsetof(struct rrj_##record, member), __VA_ARGS__ }

static const struct field fields[][13] = {
	[RRJ_START] = {
		FIELD(start, STRING, rrio_version, 0),
		FIELD(start, STRING, emulator, 0),
		FIELD(start, STRING, emulator_version, 0),
		FIELD(start, STRING, build_id, 0),
		FIELD(start, U64, emulator_size, 0),
		FIELD(start, STRING, cwd, 0),
		FIELD(start, STRINGS, argv, 0),
		FIELD(start, STRINGS, env, 0),
		FIELD(start, ENUM, data, RRJ_DATA_NONE),
		FIELD(start, S64, mono_ns, 0),
		FIELD(start, S64, real_ns, 0),
		FIELD(start, U32, checks, ADDED),
	},
	[RRJ_FILE] = {
		FIELD(file, U32, id, 0),
		FIELD(file, U32, flags, 0),
		FIELD(file, U64, size, 0),
		FIELD(file, S64, mtime_ns, 0),
		FIELD(file, U64, digest, 0),
		FIELD(file, STRING, path, 0),
	},
	[RRJ_INPUT] = {
		FIELD(input, ENUM, source, RRJ_LOOKED_UP),
		FIELD(input, BYTES, data, 0),
		FIELD(input, S64, icount, ADDED),
	},
	[RRJ_NOTE] = {
		FIELD(note, STRING, id, 0),
		FIELD(note, STRING, text, 0),
	},
	[RRJ_END] = {
		FIELD(end, STRING, cause, 0),
		FIELD(end, S64, icount, 0),
		FIELD(end, U64, turns, 0),
		FIELD(end, U64, requests, 0),
		FIELD(end, U64, inputs, 0),
		FIELD(end, U64, slices, 0),
		FIELD(end, S64, mono_ns, 0),
		FIELD(end, S64, real_ns, 0),
		FIELD(end, U32, trail, ADDED),
	},
	[RRJ_STACK] = {
		FIELD(stack, U32, id, 0),
		FIELD(stack, STRINGS, frames, 0),
	},
};

_Static_assert(sizeof(enum rrj_data) == 4 && sizeof(enum rrj_source) == 4, "an ENUM is read and written as 4 bytes");
_Static_assert(offsetof(struct rrj_strings, size) == offsetof(struct bytes, size), "STRINGS are like struct bytes");
_Static_assert(offsetof(struct rrj_input, size) - offsetof(struct rrj_input, data) == offsetof(struct bytes, size),
	       "an input's data is like struct bytes");

bool rrj_fields_known(int type)
{
	return type > 0 && (size_t)type < sizeof(fields) / sizeof(fields[0]) && fields[type][0].how;
}

/* A field's place in a record; every struct of the union starts where `start` does. */
static const void *place(const struct rrj_record *record, const struct field *field)
{
	return (const char *)&record->start + field->at;
}

static uint32_t load_u32(const void *from)
{
	uint32_t value;

	memcpy(&value, from, sizeof(value));
	return value;
}

static uint64_t load_u64(const void *from)
{
	uint64_t value;

	memcpy(&value, from, sizeof(value));
	return value;
}

static struct bytes load_bytes(const void *from)
{
	struct bytes value;

	memcpy(&value, from, sizeof(value));
	return value;
}

static const char *load_string(const void *from)
{
	const char *value;

	memcpy(&value, from, sizeof(value));
	return value ? value : "";
}

static bool ends_with_nul(struct bytes strings)
{
	return !strings.size || !((const char *)strings.data)[strings.size - 1];
}

bool rrj_fields_ok(const struct rrj_record *record)
{
	for (const struct field *field = fields[record->type]; field->how; field++) {
		const void *from = place(record, field);

		if (field->how == ENUM && (!load_u32(from) || load_u32(from) > field->max))
			return false;
		if ((field->how == STRINGS || field->how == BYTES) && load_bytes(from).size && !load_bytes(from).data)
			return false;
		if (field->how == STRINGS && !ends_with_nul(load_bytes(from)))
			return false;
	}
	return true;
}

size_t rrj_fields_bound(const struct rrj_record *record)
{
	size_t bound = 0;

	for (const struct field *field = fields[record->type]; field->how; field++) {
		const void *from = place(record, field);
		size_t more = RRJ_VARINT_MAX;

		if (field->how == STRING)
			more = strlen(load_string(from)) + 1;
		else if (field->how == STRINGS || field->how == BYTES)
			more += load_bytes(from).size;
		if (__builtin_add_overflow(bound, more, &bound))
			return SIZE_MAX;
	}
	return bound;
}

static uint8_t *put_string(uint8_t *out, const char *string)
{
	size_t size = strlen(string) + 1;

	memcpy(out, string, size);
	return out + size;
}

static uint8_t *put_field(uint8_t *out, enum how how, const void *from)
{
	switch (how) {
	case ENUM:
	case U32:
		return rrj_put_varint(out, load_u32(from));
	case U64:
		return rrj_put_varint(out, load_u64(from));
	case S64:
		return rrj_put_varint(out, rrj_zigzag(load_u64(from)));
	case STRING:
		return put_string(out, load_string(from));
	case STRINGS:
	case BYTES:
		return rrj_put_bytes(out, load_bytes(from).data, load_bytes(from).size);
	}
	return out;
}

static bool may_be_missing(const struct field *field)
{
	return field->how >= U32 && field->how <= S64 && field->max == ADDED;
}

/* What says no more than its absence is not written. */
static bool is_left_out(const struct rrj_record *record, const struct field *field)
{
	const void *from = place(record, field);

	if (!may_be_missing(field))
		return false;
	return field->how == U32 ? !load_u32(from) : load_u64(from) == (field->how == S64 ? UINT64_MAX : 0);
}

uint8_t *rrj_fields_put(uint8_t *out, const struct rrj_record *record)
{
	for (const struct field *field = fields[record->type]; field->how && !is_left_out(record, field); field++)
		out = put_field(out, field->how, place(record, field));
	return out;
}

static void get_u32(struct rrj_in *in, void *to, uint32_t max)
{
	uint32_t value = (uint32_t)rrj_get_upto(in, max);

	memcpy(to, &value, sizeof(value));
}

static void get_u64(struct rrj_in *in, void *to, bool is_signed)
{
	uint64_t value = rrj_get_varint(in);

	value = is_signed ? rrj_unzigzag(value) : value;
	memcpy(to, &value, sizeof(value));
}

static void get_string(struct rrj_in *in, void *to)
{
	const char *value = rrj_get_string(in);

	memcpy(to, &value, sizeof(value));
}

static void get_bytes(struct rrj_in *in, void *to, enum how how)
{
	struct bytes value;

	value.data = rrj_get_bytes(in, &value.size);
	if (how == STRINGS && !ends_with_nul(value))
		in->bad = true;
	memcpy(to, &value, sizeof(value));
}

static void get_field(struct rrj_in *in, const struct field *field, void *to)
{
	switch (field->how) {
	case ENUM:
		get_u32(in, to, field->max);
		in->bad |= !load_u32(to);
		break;
	case U32:
		get_u32(in, to, UINT32_MAX);
		break;
	case U64:
	case S64:
		get_u64(in, to, field->how == S64);
		break;
	case STRING:
		get_string(in, to);
		break;
	case STRINGS:
	case BYTES:
		get_bytes(in, to, field->how);
		break;
	}
}

/* A field that is not there. All that can be missing is numbers. */
static void leave_out(enum how how, void *to)
{
	const int64_t unknown = -1;

	if (how == S64)
		memcpy(to, &unknown, sizeof(unknown));
	else
		memset(to, 0, how == U32 ? sizeof(uint32_t) : sizeof(uint64_t));
}

void rrj_fields_get(struct rrj_in *in, struct rrj_record *record)
{
	for (const struct field *field = fields[record->type]; field->how; field++) {
		void *to = (char *)&record->start + field->at;

		if (may_be_missing(field) && in->p == in->end)
			leave_out(field->how, to);
		else
			get_field(in, field, to);
	}
}
