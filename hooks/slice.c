/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slice.c - the hook in the instruction-count loop: how long may the next slice be?
 *
 * Runs in the vCPU thread. QEMU asks icount_round() for the budget of every slice (icount_get_limit,
 * accel/tcg/tcg-accel-ops-icount.c); its body is replaced by rrio_slice_budget(). The caller's deadline is not used:
 * it also contains timers of the host's clocks, and it is older than the turn that may be taken in here.
 */
#include "slice.h"

#include "emulator.h"
#include "entry.h"
#include "rrio/hook.h"

static slice_start_fn *slice_start;

/* The virtual clock's next timer, in instructions; as icount_get_limit does, at most INT32_MAX nanoseconds. */
static int64_t deadline_instructions(void)
{
	int64_t unit = emu.icount_to_ns(1), deadline = emulator_deadline();

	if (deadline < 0 || deadline > INT32_MAX)
		deadline = INT32_MAX;
	return (deadline + unit - 1) / unit;
}

__attribute__((visibility("default"))) int64_t rrio_slice_budget(int64_t deadline_ns)
{
	int64_t limit = INT64_MAX, budget;

	(void)deadline_ns;
	/* From 8.1 on QEMU also asks once per loop, with the BQL held, for a budget to share among the vCPUs. */
	if (!emu.bql_locked())
		limit = slice_start(emu.icount_raw());
	budget = deadline_instructions();
	return budget < limit ? budget : limit;
}

int slice_install(slice_start_fn *start)
{
	slice_start = start;
	return entry_replace((void *)emu.icount_round, (const void *)rrio_slice_budget);
}
