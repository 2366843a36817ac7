/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * columns.h - a block's content by columns: bytes that mean the same stand behind each other, where they compress
 * better. FORMAT.md, section 4. Any thread; no allocation, no system call.
 */
#ifndef RRJ_COLUMNS_H
#define RRJ_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A column for the first bytes of records, one for the sizes of long ones, one for each type of record; for turns and
 * requests three for each of their fields, of which numbers use all: for the first byte, the second, and the others.
 */
enum { RRJ_COLUMNS = 75 };

/* The content's bytes, column by column, to `columns`, which has as much room; how many each has to `sizes`. */
void rrj_columns_split(uint8_t *columns, uint32_t sizes[RRJ_COLUMNS], const uint8_t *content, size_t size);

/* And back; false when no content of this size has columns of those sizes. */
bool rrj_columns_join(uint8_t *content, size_t size, uint8_t *columns, const uint32_t sizes[RRJ_COLUMNS]);

#endif
