// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bytes.c - the two functions that the compiler calls by itself, since there is no C library. Any context; cannot fail.
 */
#include "machine.h"

void *memset(void *to, int byte, size_t size)
{
	void *at = to;

	__asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(byte) : "memory");
	return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	void *at = to;

	__asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(size) : : "memory");
	return to;
}
