// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * table.c - open addressing, never more than half full. Owns its memory; one thread; -errno on failure.
 */
#include "table.h"

#include <errno.h>
#include <sys/mman.h>

enum { FIRST_ROOM = 1024 };

struct rrj_entry {
	struct rrj_key key;
	uint64_t value; /* 0: none */
};

static size_t start(const struct rrj_table *table, struct rrj_key key)
{
	uint64_t mixed = (key.low ^ key.high * 0x9e3779b97f4a7c15) * 0xff51afd7ed558ccd;

	return (mixed ^ mixed >> 32) & (table->room - 1);
}

/* The key's entry, or the one where it belongs. */
static struct rrj_entry *find(const struct rrj_table *table, struct rrj_key key)
{
	size_t i = start(table, key);

	while (table->entries[i].value &&
	       (table->entries[i].key.low != key.low || table->entries[i].key.high != key.high))
		i = (i + 1) & (table->room - 1);
	return &table->entries[i];
}

static int grow(struct rrj_table *table)
{
	struct rrj_table larger = { .room = table->room ? 2 * table->room : FIRST_ROOM, .used = table->used };

	larger.entries = mmap(NULL, larger.room * sizeof(*larger.entries), PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (larger.entries == MAP_FAILED)
		return -ENOMEM;
	for (size_t i = 0; i < table->room; i++)
		if (table->entries[i].value)
			*find(&larger, table->entries[i].key) = table->entries[i];
	rrj_table_free(table);
	*table = larger;
	return 0;
}

int rrj_table_put(struct rrj_table *table, struct rrj_key key, uint64_t value)
{
	int error = 2 * table->used >= table->room ? grow(table) : 0;
	struct rrj_entry *entry;

	if (error)
		return error;
	entry = find(table, key);
	table->used += !entry->value;
	*entry = (struct rrj_entry){ key, value };
	return 0;
}

uint64_t rrj_table_get(const struct rrj_table *table, struct rrj_key key)
{
	return table->room ? find(table, key)->value : 0;
}

void rrj_table_free(struct rrj_table *table)
{
	if (table->room)
		munmap(table->entries, table->room * sizeof(*table->entries));
	*table = (struct rrj_table){ 0 };
}
