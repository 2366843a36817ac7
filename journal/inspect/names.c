// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * names.c - remembers files and stacks by their numbers.
 *
 * Owns copies of their texts. One thread. Who has gone to the middle of a recording has not met what is named before
 * it: that is read from the start then, once for each name. Without memory a number stays without its name.
 */
#include "names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1 << 16 }; /* numbers that no writer gives are not remembered */

void names_init(struct names *names)
{
	*names = (struct names){ .search = -1 };
}

void names_free(struct names *names)
{
	for (uint32_t i = 0; i < names->file_room; i++) {
		free(names->files[i].path);
		free(names->files[i].name);
	}
	for (uint32_t i = 0; i < names->stack_room; i++)
		free((void *)names->stacks[i].bytes);
	free(names->files);
	free(names->stacks);
}

/* The array with a place for that number, or NULL. */
static void *grow(void *array, uint32_t *room, uint32_t id, size_t size)
{
	uint32_t more = *room ? *room : 16;
	char *grown;

	if (id >= MOST)
		return NULL;
	while (more <= id)
		more *= 2;
	if (more == *room)
		return array;
	grown = realloc(array, more * size);
	if (!grown)
		return NULL;
	memset(grown + *room * size, 0, (more - *room) * size);
	*room = more;
	return grown;
}

static bool is_taken(const struct names *names, const char *name)
{
	for (uint32_t i = 0; i < names->file_room; i++)
		if (names->files[i].name && !strcmp(names->files[i].name, name))
			return true;
	return false;
}

static void take_file(struct names *names, const struct rrj_file *file)
{
	const char *slash = strrchr(file->path, '/'), *last = slash && slash[1] ? slash + 1 : file->path;
	void *files = grow(names->files, &names->file_room, file->id, sizeof(*names->files));
	struct named_file *entry;

	if (!files)
		return;
	names->files = files;
	entry = &names->files[file->id];
	if (entry->path)
		return;
	if (is_taken(names, last) ? asprintf(&entry->name, "%s#%u", last, file->id) < 0 : !(entry->name = strdup(last)))
		entry->name = NULL;
	entry->path = strdup(file->path);
	entry->temporary = file->flags & RRJ_FILE_TEMPORARY;
}

static void take_stack(struct names *names, const struct rrj_stack *stack)
{
	void *stacks = grow(names->stacks, &names->stack_room, stack->id, sizeof(*names->stacks));
	struct rrj_strings *entry;
	char *bytes;

	if (!stacks)
		return;
	names->stacks = stacks;
	entry = &names->stacks[stack->id];
	if (entry->bytes || !(bytes = malloc(stack->frames.size + 1)))
		return;
	memcpy(bytes, stack->frames.bytes, stack->frames.size);
	entry->bytes = bytes;
	entry->size = stack->frames.size;
}

void names_take(struct names *names, const struct rrj_record *record)
{
	if (record->type == RRJ_FILE)
		take_file(names, &record->file);
	else if (record->type == RRJ_STACK)
		take_stack(names, &record->stack);
}

/* From the start on, up to the record that gives this number its name. */
static void search(struct names *names, enum rrj_type type, uint32_t id)
{
	struct rrj_reader *reader;
	struct rrj_record record;
	bool found = false;

	if (names->search < 0 || id >= MOST || rrj_reader_new(&reader, names->search))
		return;
	while (!found && rrj_next(reader, &record) > 0) {
		names_take(names, &record);
		found = record.type == type && (type == RRJ_FILE ? record.file.id : record.stack.id) == id;
	}
	rrj_reader_free(reader);
	if (!found)
		names->search = -1;
}

static const struct named_file *file(struct names *names, uint32_t id)
{
	if (id && (id >= names->file_room || !names->files[id].name))
		search(names, RRJ_FILE, id);
	return id < names->file_room && names->files[id].name ? &names->files[id] : NULL;
}

const char *names_file(struct names *names, uint32_t id)
{
	static char number[16];
	const struct named_file *entry = id ? file(names, id) : NULL;

	snprintf(number, sizeof(number), "%u", id);
	return entry ? entry->name : id ? number : "-";
}

const char *names_path(struct names *names, uint32_t id)
{
	const struct named_file *entry = id ? file(names, id) : NULL;

	return entry && entry->path ? entry->path : "";
}

bool names_is_temporary(struct names *names, uint32_t id)
{
	const struct named_file *entry = id ? file(names, id) : NULL;

	return entry && entry->temporary;
}

struct rrj_strings names_stack(struct names *names, uint32_t id)
{
	if (id && (id >= names->stack_room || !names->stacks[id].bytes))
		search(names, RRJ_STACK, id);
	return id && id < names->stack_room ? names->stacks[id] : (struct rrj_strings){ 0 };
}
