/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire.h - numbers and strings as bytes. FORMAT.md, section 5. Any thread; no allocation, no system call.
 *
 * Writing trusts that there is room (rrj_record_bound has counted). Reading trusts nothing: the first thing that does
 * not fit sets `bad`, and everything read from then on is zero or empty.
 */
#ifndef RRJ_WIRE_H
#define RRJ_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RRJ_VARINT_MAX = 10 };

struct rrj_in {
	const uint8_t *p, *end;
	bool bad;
};

/* A signed number so that small ones of either sign are small. */
static inline uint64_t rrj_zigzag(uint64_t value)
{
	return value << 1 ^ (value >> 63 ? UINT64_MAX : 0);
}

static inline uint64_t rrj_unzigzag(uint64_t value)
{
	return value >> 1 ^ (value & 1 ? UINT64_MAX : 0);
}

/* Each returns the position behind what it has written. */
uint8_t *rrj_put_varint(uint8_t *out, uint64_t value);
uint8_t *rrj_put_u32(uint8_t *out, uint32_t value);
uint8_t *rrj_put_bytes(uint8_t *out, const void *data, size_t size);

uint64_t rrj_get_varint(struct rrj_in *in);
uint64_t rrj_get_upto(struct rrj_in *in, uint64_t max);
uint8_t rrj_get_byte(struct rrj_in *in);
uint32_t rrj_get_u32(struct rrj_in *in);
const void *rrj_get_bytes(struct rrj_in *in, size_t *size);
const char *rrj_get_string(struct rrj_in *in);

#endif
