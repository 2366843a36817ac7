/* SPDX-License-Identifier: GPL-2.0-or-later */
/* soon.c - waits that are mostly short. Loops and the vCPU thread; no lock, nothing can fail. */
#include "soon.h"

#include <sched.h>
#include <stddef.h>
#include <time.h>

#include "interpose.h"

enum {
	SHORT_NS = 500000, /* a few turns' time */
	SCORE_MAX = 16,
	LOOKS = 20, /* between two of which others that want this core may have it */
};

static int64_t now_ns(void)
{
	struct timespec now;

	real.clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void relax(void)
{
#ifdef __x86_64__
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

void soon_look(struct soon *soon, bool (*waits)(void))
{
	soon->since_ns = 0;
	if (!waits())
		return;
	soon->since_ns = now_ns();
	if (soon->score < SCORE_MAX / 2)
		return;
	do {
		for (int i = 0; i < LOOKS; i++) {
			if (!waits())
				return;
			relax();
		}
		sched_yield();
	} while (now_ns() - soon->since_ns < SHORT_NS);
}

void soon_over(struct soon *soon)
{
	if (!soon->since_ns)
		return;
	if (now_ns() - soon->since_ns >= SHORT_NS)
		soon->score -= soon->score > 0;
	else
		soon->score += soon->score < SCORE_MAX;
	soon->since_ns = 0;
}
