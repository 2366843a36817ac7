// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * filter.c - conditions as words, and whether a record meets one. One thread; no allocation.
 */
#include "filter.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static const char *const signs[] = {
	[IS] = "=", [IS_NOT] = "!=", [LESS] = "<", [AT_MOST] = "<=", [MORE] = ">", [AT_LEAST] = ">="
};

/* The sign there; the longer one first. Returns its length. */
static size_t read_sign(const char *text, struct filter *filter)
{
	static const int order[] = { IS_NOT, AT_MOST, AT_LEAST, IS, LESS, MORE };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (!strncmp(text, signs[order[i]], strlen(signs[order[i]]))) {
			filter->how = order[i];
			return strlen(signs[order[i]]);
		}
	return 0;
}

/* As many of the field's names as there is room for. */
static void list_names(const struct field *field, char *list, size_t room)
{
	size_t used = 0;

	*list = '\0';
	for (int i = 1; field->names(i) && used < room; i++)
		used += (size_t)snprintf(list + used, room - used, "%s%s", used ? ", " : "", field->names(i));
}

static enum status read_name(struct filter *filter, const char *word, size_t at)
{
	const struct field *field = &fields[filter->field];
	char known[1024];

	filter->text = word + at;
	if (filter->how > IS_NOT)
		return say_at(word, strcspn(word, "<>"), "%s is a name, which is = or != another", field->name);
	if (!word[at])
		return say_at(word, at, "a name is missing");
	if (!field->names)
		return FINE;
	for (int i = 1; field->names(i); i++)
		if (!fnmatch(word + at, field->names(i), 0))
			return FINE;
	list_names(field, known, sizeof(known));
	return say_at(word, at, "no %s is called that; there are: %s", field->name, known);
}

/* -EIO. */
static int error_number(const char *name)
{
	for (int error = 1; error < 200; error++)
		if (strerrorname_np(error) && !strcmp(strerrorname_np(error), name))
			return error;
	return 0;
}

static enum status read_number(struct filter *filter, const char *word, size_t at)
{
	const struct field *field = &fields[filter->field];
	bool negative = word[at] == '-';
	const char *text = word + at + negative;
	enum unit unit;
	char *end;
	size_t used;

	if (field->form == HEX) {
		filter->number = (int64_t)strtoull(text, &end, 16);
		return *text && !*end ? FINE : say_at(word, at, "%s is a hexadecimal number", field->name);
	}
	if (field->form == RESULT && negative && isalpha((unsigned char)*text)) {
		filter->number = -error_number(text);
		return filter->number ? FINE : say_at(word, at, "no error is called that; such as -EIO, -ENOSPC");
	}
	used = quantity_read(text, field->unit, &filter->number, &unit);
	if (!used || text[used] || (unit != field->unit && !(field->unit == UNIT_COUNT && unit == UNIT_INSNS)))
		return say_at(word, at + negative + used, "%s is %s", field->name,
			      field->unit == UNIT_TIME	 ? "a time: 10ms, 2.5s"
			      : field->unit == UNIT_SIZE ? "a number of bytes: 4096, 4K, 1M"
							 : "a number: 17, 500k, 1.2G");
	if (field->unit == UNIT_TIME && filter->number && isdigit((unsigned char)text[used - 1]))
		return say_at(word, at + negative + used, "a time needs its unit: ns, us, ms or s");
	filter->number = negative ? -filter->number : filter->number;
	return FINE;
}

enum status filter_read(struct filter *filter, const char *word)
{
	size_t name = strcspn(word, "=<>!"), sign = read_sign(word + name, filter);
	int field = field_find(word, name);

	if (field < 0)
		return say_at(word, 0, "no field is called that; there are: %s", field_list());
	if (!sign)
		return say_at(word, name, "a condition is a field, one of = != < <= > >=, and a value");
	filter->field = (enum field_id)field;
	return fields[field].form == NAME ? read_name(filter, word, name + sign)
					  : read_number(filter, word, name + sign);
}

static int compare(const struct value *value, int64_t number)
{
	if (value->kind == VALUE_UNSIGNED)
		return number < 0 || value->size > (uint64_t)number ? 1 : value->size < (uint64_t)number ? -1 : 0;
	return value->number > number ? 1 : value->number < number ? -1 : 0;
}

static bool same_name(const struct filter *filter, const char *name, struct view *view)
{
	if (!fnmatch(filter->text, name, 0))
		return true;
	return filter->field == FIELD_DEV && view->event.record.type == RRJ_REQUEST &&
	       !fnmatch(filter->text, names_path(&view->names, view->event.record.request.file), 0);
}

bool filter_has(const struct filter *filter, struct view *view)
{
	struct value value = field_value(filter->field, view);
	int order;

	if (value.kind == VALUE_NONE)
		return false;
	if (value.kind == VALUE_TEXT)
		return same_name(filter, value.text, view) == (filter->how == IS);
	order = compare(&value, filter->number);
	switch (filter->how) {
	case IS:
		return !order;
	case IS_NOT:
		return order;
	case LESS:
		return order < 0;
	case AT_MOST:
		return order <= 0;
	case MORE:
		return order > 0;
	case AT_LEAST:
		return order >= 0;
	}
	return false;
}
