/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pattern.h - what the sectors hold, for the image's maker and for the guest. Generation 0 is the image as made; the
 * guest's writes have others. Every byte is odd, so that a buffer filled with PATTERN_NEVER shows when data arrive.
 */
#ifndef BARE_PATTERN_H
#define BARE_PATTERN_H

#include <stdint.h>

enum { SECTOR_SIZE = 512, SECTOR_WORDS = SECTOR_SIZE / 4, PATTERN_NEVER = 0xaa };

static inline uint32_t pattern_word(uint32_t sector, uint32_t generation, uint32_t index)
{
	uint32_t x = (sector * SECTOR_WORDS + index) ^ generation * 0x9e3779b9u;

	x ^= x >> 16;
	x *= 0x7feb352du;
	x ^= x >> 15;
	x *= 0x846ca68bu;
	x ^= x >> 16;
	return x | 0x01010101u;
}

#endif
