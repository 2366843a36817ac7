/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * faults.h - which call of which number fails, and how: rules.c. Any thread, no malloc, no lock but a spinning one;
 * the rules are read before main().
 */
#ifndef FAULTS_FAULTS_H
#define FAULTS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define INTERPOSED __attribute__((visibility("default")))

enum fault_call {
	FAULT_READ,
	FAULT_WRITE,
	FAULT_FLUSH,
	FAULT_ALLOCATE,
	FAULT_TRUNCATE,
	FAULT_SUBMIT,
	FAULT_UNLOCK,
	FAULT_CALLS
};

struct fault {
	int error;	/* or 0 */
	long most;	/* bytes or requests; -1: as many as it likes */
	unsigned delay; /* milliseconds */
};

/*
 * What is to become of this call, which counts as one; fd: -1 when it is about no file. A worker's call is delayed here;
 * an engine's answer later.
 */
struct fault fault_of(enum fault_call call, int fd);
void fault_delay(const struct fault *fault);

/* An engine's request that was tampered with, by the cookie that comes back with its completion. */
struct answer {
	uint64_t cookie; /* 0: free */
	struct fault fault;
	struct iovec part; /* what is to be transferred, where that is less */
};

/* Keeps it until its completion takes it: once. Never NULL: there is room for as many as can be in flight. */
struct answer *answer_keep(uint64_t cookie, const struct fault *fault);
bool answer_take(uint64_t cookie, struct fault *fault);

/* The next library's function of that name; it must be there. */
void *next_function(const char *name);

#endif
