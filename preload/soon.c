/* SPDX-License-Identifier: GPL-2.0-or-later */
/* soon.c - waits that are mostly short. Any thread with a role; no lock, nothing can fail. */
#include "soon.h"

#include <sched.h>
#include <stdatomic.h>

#include "clock.h"

enum {
	SHORT_NS = 500000, /* a few turns' time */
	SCORE_MAX = 16,
	LOOKS = 20, /* between two of which others that want this core may have it */
};

static void relax(void)
{
#ifdef __x86_64__
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

int64_t soon_look(const struct soon *soon, bool (*waits)(void))
{
	int64_t since;

	if (!waits())
		return 0;
	since = clock_mono_ns();
	if (atomic_load_explicit(&soon->score, memory_order_relaxed) < SCORE_MAX / 2)
		return since;
	do {
		for (int i = 0; i < LOOKS; i++) {
			if (!waits())
				return since;
			relax();
		}
		sched_yield();
	} while (clock_mono_ns() - since < SHORT_NS);
	return since;
}

void soon_over(struct soon *soon, int64_t since_ns)
{
	int score = atomic_load_explicit(&soon->score, memory_order_relaxed);

	if (!since_ns)
		return;
	if (clock_mono_ns() - since_ns >= SHORT_NS)
		score -= score > 0;
	else
		score += score < SCORE_MAX;
	/* That of another thread may be lost: it is an estimate. */
	atomic_store_explicit(&soon->score, score, memory_order_relaxed);
}
