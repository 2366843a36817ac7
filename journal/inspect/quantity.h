/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quantity.h - numbers with units, as people write and read them. One thread; no allocation.
 */
#ifndef INSPECT_QUANTITY_H
#define INSPECT_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum unit { UNIT_COUNT, UNIT_SIZE, UNIT_TIME, UNIT_REQUESTS, UNIT_TURNS, UNIT_INSNS };

/*
 * Reads a number with what is behind it: k M G T (by 1000, sizes by 1024), and ns us ms s, i (instructions), r
 * (requests), t (turns). Returns how many characters that were, 0 when there is no number. *unit: what it says, else
 * `usual`.
 */
size_t quantity_read(const char *text, enum unit usual, int64_t *value, enum unit *unit);

/* "12.3us", "1.23M", "4.0K": at most 7 characters. */
enum { QUANTITY_SIZE = 16 };
const char *quantity_time(char out[QUANTITY_SIZE], int64_t ns);
const char *quantity_count(char out[QUANTITY_SIZE], double count);
const char *quantity_bytes(char out[QUANTITY_SIZE], double bytes);

#endif
