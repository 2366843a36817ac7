// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * check.c - what the data must be. The boot processor alone. A failed request, wrong data, and data that never
 * arrive end the machine.
 */
#include "check.h"

#include "crc.h"
#include "pattern.h"
#include "power.h"

enum { MOST_LOOKS = 1 << 30 };

/* The pattern's words for what lies `offset` bytes into the request. */
static uint32_t expected(const struct request *request, uint32_t offset)
{
	return pattern_word(request->sector + offset / SECTOR_SIZE, request->generation,
			    offset % SECTOR_SIZE / sizeof(uint32_t));
}

static void fill_part(const struct request *request, unsigned part)
{
	uint32_t *words = (uint32_t *)request->part[part].data;

	for (uint32_t offset = 0; offset < request->part[part].size; offset += sizeof(uint32_t))
		words[offset / sizeof(uint32_t)] = expected(request, part * PAGE + offset);
}

void check_fill(const struct request *request)
{
	for (unsigned i = 0; i < request->parts; i++)
		if (request->op == OP_WRITE)
			fill_part(request, i);
		else
			memset(request->part[i].data, PATTERN_NEVER, request->part[i].size);
}

uint64_t check_watch(const struct request *request)
{
	unsigned last = request->parts - 1;
	const volatile uint8_t *byte = request->part[last].data + request->part[last].size - 1;

	for (uint32_t i = 0; *byte == PATTERN_NEVER; i++)
		if (i >= MOST_LOOKS)
			fail("request %u: no data after %u looks", request->number, i);
	return read_tsc();
}

/* false: not what it must be, and a failure that ends the machine unless it is tolerated. */
static bool check_part(const struct request *request, unsigned part, bool tolerate)
{
	const uint32_t *words = (const uint32_t *)request->part[part].data;

	for (uint32_t offset = 0; offset < request->part[part].size; offset += sizeof(uint32_t)) {
		uint32_t want = expected(request, part * PAGE + offset), have = words[offset / sizeof(uint32_t)];

		if (have != want && tolerate)
			return false;
		if (have != want)
			fail("request %u, sector %u, generation %u: %x instead of %x at byte %u", request->number,
			     request->sector, request->generation, have, want, part * PAGE + offset);
	}
	return true;
}

uint32_t check_request(struct request *request, bool tolerate)
{
	uint32_t crc = 0;

	if (request->status && !tolerate)
		fail("request %u (%s %u+%u) failed: %u", request->number, check_operation(request), request->sector,
		     request->sectors, (uint32_t)-request->status);
	for (unsigned i = 0; i < request->parts; i++) {
		if (!request->status && !check_part(request, i, tolerate))
			request->status = -EILSEQ;
		crc = crc32(crc, request->part[i].data, request->part[i].size);
	}
	return crc;
}

const char *check_operation(const struct request *request)
{
	static const char *const names[OPERATIONS] = { [OP_READ] = "read",
						       [OP_WRITE] = "write",
						       [OP_FLUSH] = "flush",
						       [OP_DISCARD] = "discard",
						       [OP_ZEROES] = "zeroes" };

	return names[request->op];
}
