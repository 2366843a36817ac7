// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * wire.c - numbers and strings as bytes.
 *
 * Owns nothing; any thread; no allocation, no system call. Reading beyond the end sets `bad` and yields zero.
 */
#include "wire.h"

#include <string.h>

uint8_t *rrj_put_varint(uint8_t *out, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		*out++ = (uint8_t)(value | 0x80);
	*out++ = (uint8_t)value;
	return out;
}

uint8_t *rrj_put_u32(uint8_t *out, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		*out++ = (uint8_t)(value >> 8 * i);
	return out;
}

uint8_t *rrj_put_bytes(uint8_t *out, const void *data, size_t size)
{
	out = rrj_put_varint(out, size);
	if (size)
		memcpy(out, data, size);
	return out + size;
}

static uint64_t fail(struct rrj_in *in)
{
	in->bad = true;
	in->p = in->end;
	return 0;
}

/* Takes only the shortest form, so that a value has one encoding. */
uint64_t rrj_get_varint(struct rrj_in *in)
{
	uint64_t value = 0;

	for (int shift = 0; in->p < in->end; shift += 7) {
		uint8_t byte = *in->p++;

		if (shift == 63 && byte > 1)
			break;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return byte || !shift ? value : fail(in);
	}
	return fail(in);
}

uint64_t rrj_get_upto(struct rrj_in *in, uint64_t max)
{
	uint64_t value = rrj_get_varint(in);

	return value <= max ? value : fail(in);
}

uint8_t rrj_get_byte(struct rrj_in *in)
{
	return in->p < in->end ? *in->p++ : (uint8_t)fail(in);
}

uint32_t rrj_get_u32(struct rrj_in *in)
{
	uint32_t value = 0;

	if (in->end - in->p < 4)
		return (uint32_t)fail(in);
	for (int i = 0; i < 4; i++)
		value |= (uint32_t)*in->p++ << 8 * i;
	return value;
}

const void *rrj_get_bytes(struct rrj_in *in, size_t *size)
{
	uint64_t n = rrj_get_varint(in);
	const uint8_t *data = in->p;

	*size = n <= (uint64_t)(in->end - in->p) ? n : fail(in);
	in->p += *size;
	return data;
}

const char *rrj_get_string(struct rrj_in *in)
{
	const char *string = (const char *)in->p;
	const uint8_t *nul = in->p < in->end ? memchr(in->p, 0, (size_t)(in->end - in->p)) : NULL;

	if (!nul) {
		fail(in);
		return "";
	}
	in->p = nul + 1;
	return string;
}
