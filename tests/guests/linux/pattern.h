/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pattern.h - what the guest's files hold: word i of a file with seed s is pattern_word(s, i), little-endian. The image's
 * maker writes them and the guest checks them, so that wrong data is found and not only different data. Pure functions.
 */
#ifndef GUEST_PATTERN_H
#define GUEST_PATTERN_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>

/* The files on the disk image. Their seeds are small; data written by the guest uses seeds from SEED_WRITTEN on. */
#define BIG_FILE     "big"
#define BIG_BYTES    (12u << 20)
#define BIG_SEED     1
#define DIRECT_FILE  "direct"
#define DIRECT_BYTES (4u << 20)
#define DIRECT_SEED  2
#define PART_FILE    "part%u"
#define PART_BYTES   (2u << 20)
#define PART_SEED    16
#define N_PARTS	     4
#define SEED_WRITTEN 1024

/* The finaliser of splitmix64: cheap, and every bit of the input counts. */
static inline uint64_t pattern_word(uint64_t seed, uint64_t index)
{
	uint64_t x = (seed << 40) + index + UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* Fills bytes (a multiple of 8) of a file with that seed from offset (a multiple of 8) on. */
static inline void pattern_fill(uint64_t *words, size_t bytes, uint64_t seed, uint64_t offset)
{
	for (size_t i = 0; i < bytes / sizeof(*words); i++)
		words[i] = htole64(pattern_word(seed, offset / sizeof(*words) + i));
}

#endif
