/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.h - a hash table from 16 bytes to a number that is not zero. One thread; memory from mmap alone.
 */
#ifndef RRJ_TABLE_H
#define RRJ_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct rrj_key {
	uint64_t low, high;
};

struct rrj_table {
	struct rrj_entry *entries;
	size_t room, used; /* room: a power of two, or 0 */
};

/* A value that is there already is replaced. 0 or -ENOMEM. */
int rrj_table_put(struct rrj_table *table, struct rrj_key key, uint64_t value);

/* 0: not there. */
uint64_t rrj_table_get(const struct rrj_table *table, struct rrj_key key);

void rrj_table_free(struct rrj_table *table);

#endif
