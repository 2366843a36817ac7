/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * self.h - what rrio knows of the calling thread.
 *
 * Thread-local in the initial-exec model: reading it is one instruction and never allocates, so every interposed
 * function may start with it. Before our constructor and in every process that is no emulator, all threads are
 * THREAD_OTHER, and every interposed function goes straight to the original.
 */
#ifndef PRELOAD_SELF_H
#define PRELOAD_SELF_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum thread_role {
	THREAD_OTHER,
	THREAD_MAIN,   /* runs the main loop */
	THREAD_VCPU,   /* runs all vCPUs in turn */
	THREAD_LOOP,   /* runs an iothread's loop */
	THREAD_WORKER, /* of the block layer's thread pool */
	THREAD_RCU,    /* calls back what is to be freed, while nobody else runs (rcu.h) */
	THREAD_VNC,    /* draws for VNC clients, while nobody else runs (vnc.h) */
};

struct self {
	enum thread_role role;
	unsigned loop;			/* the one it runs; 0, the main loop, for the vCPU thread: it polls for that one */
	bool inside;			/* in one of our own calls: interposed functions are transparent */
	uint64_t polls;			/* that say something of external descriptors, or could have */
	bool rang;			/* it has written to an eventfd in its turn: a loop may have rung for itself */
	pthread_mutex_t *last_locked;	/* main */
};

extern __thread struct self self __attribute__((tls_model("initial-exec")));

/* Does this thread run the guest or touch it? What it learns from the host has to be journalled. */
static inline bool self_is_party(void)
{
	return self.role != THREAD_OTHER && self.role != THREAD_WORKER && !self.inside;
}

#endif
