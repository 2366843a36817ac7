/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hash.h - a rolling hash (FNV-1a over words): whatever differs once shows in every later value. */
#ifndef BARE_HASH_H
#define BARE_HASH_H

#include <stdint.h>

#define HASH_START 0xcbf29ce484222325ull

static inline uint64_t hash_add(uint64_t hash, uint64_t value)
{
	hash ^= value;
	hash *= 0x100000001b3ull;
	return hash ^ hash >> 32;
}

#endif
