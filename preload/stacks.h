/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stacks.h - what each thread of the process is doing, for the report of a divergence.
 */
#ifndef PRELOAD_STACKS_H
#define PRELOAD_STACKS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "self.h"

enum { STACK_FRAMES = 48 };

struct stack {
	pid_t tid;
	char name[32];
	char kernel[128]; /* where it is in the kernel, when it has not answered */
	bool answered;	  /* in time: only then is the rest to be read */
	enum thread_role role;
	unsigned loop;
	int count;
	void *frames[STACK_FRAMES];
	_Atomic bool walked; /* by its thread */
};

/* Constructor, in replay: from here on threads can be asked. Without libunwind, or with no handler, none answers. */
void stacks_init(void);

/* A new thread with a role: QEMU has blocked all signals in it, ours may come. */
void stacks_thread_begins(void);

/* All threads, the caller's first: theirs within some 100 ms. Once. */
const struct stack *stacks_take(unsigned *count);

const char *stacks_role(const struct stack *stack);

#endif
