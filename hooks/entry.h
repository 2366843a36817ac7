/* SPDX-License-Identifier: GPL-2.0-or-later */
/* entry.h - replaces the body of one of the emulator's functions. */
#ifndef HOOKS_ENTRY_H
#define HOOKS_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest jump that any host's architecture needs, in bytes. */
enum { ENTRY_JUMP_MAX = 20 };

/* Encodes a jump to `to`. Returns its length in bytes, or -ENOTSUP on an architecture without one. */
int entry_jump_x86_64(unsigned char code[ENTRY_JUMP_MAX], uint64_t to);
int entry_jump_aarch64(unsigned char code[ENTRY_JUMP_MAX], uint64_t to);

/* The same for this host. */
int entry_jump(unsigned char code[ENTRY_JUMP_MAX], const void *to);

/*
 * Makes every call of `function` go to `to`. The whole body is given up, so nothing has to be moved; it must be large
 * enough for the jump. Before any other thread exists. Returns 0, -ENOTSUP (architecture), -EINVAL (body too small or
 * unknown) or the error of making its pages writable (-EACCES, -EPERM: forbidden here).
 */
int entry_replace(void *function, const void *to);

/* A body that is replaced for a while. */
struct entry_swap {
	void *function;
	unsigned char code[ENTRY_JUMP_MAX]; /* what is not there now */
	int length;
	bool replaced;
};

/*
 * The same for a while, when other threads exist but none of them runs the function. Not to be called twice in a row.
 * A swap that has not succeeded is no swap: taking it back does nothing.
 */
int entry_swap(struct entry_swap *swap, void *function, const void *to);
void entry_swap_back(struct entry_swap *swap);

#endif
