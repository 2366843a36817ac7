/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slice.c - the hook in the instruction-count loop: how long may the next slice be?
 *
 * Runs in the vCPU thread. QEMU asks icount_round() for the budget of every slice (icount_get_limit,
 * accel/tcg/tcg-accel-ops-icount.c); its body is replaced by rrio_slice_budget(), which a patched emulator calls itself. The
 * caller's deadline also contains timers of the host's clock, and it is older than the turn that may be taken in here. It is
 * used where neither matters: asking for it once more takes and gives back several locks, in every slice.
 */
#include "slice.h"

#include "emulator.h"
#include "entry.h"
#include "rrio/hook.h"

static slice_start_fn *slice_start;
static slice_cut_fn *slice_cut;
static slice_share_fn *slice_share;

/* At most INT32_MAX nanoseconds, as icount_get_limit has it; in instructions, of which each takes 1 << shift. */
static int64_t instructions(int64_t deadline_ns)
{
	int64_t unit = emu.icount_to_ns(1);

	if (deadline_ns < 0 || deadline_ns > INT32_MAX)
		deadline_ns = INT32_MAX;
	return (deadline_ns + unit - 1) >> __builtin_ctzll((uint64_t)unit);
}

/* Is what the caller says the virtual clock's deadline, and not a nearer one of the host's clock? */
static bool is_virtual(int64_t deadline_ns)
{
	int64_t host = emu.clock_deadline(CLOCK_REALTIME_TIMERS, TIMERS_ALL);

	return host < 0 || host > deadline_ns;
}

__attribute__((visibility("default"))) int64_t rrio_slice_budget(int64_t deadline_ns)
{
	int64_t limit = INT64_MAX, budget, icount = -1;
	bool fresh = false;

	/* Patched, and switched off. */
	if (!slice_start)
		return emu.icount_round(deadline_ns);
	/* From 8.1 on QEMU also asks once per loop, with the BQL held, for a budget to share among the vCPUs. */
	if (!emu.bql_locked()) {
		icount = emu.icount_raw();
		limit = slice_start(icount, &fresh);
	}
	budget = instructions(deadline_ns);
	/* A nearer timer of the host's clock makes no difference where the limit is nearer still. */
	if (!fresh || (budget < limit && !is_virtual(deadline_ns)))
		budget = instructions(emulator_deadline());
	if (budget > limit)
		budget = limit;
	if (icount < 0)
		return slice_share ? slice_share(budget) : budget;
	return slice_cut ? slice_cut(icount, budget) : budget;
}

/*
 * Instead of being told: the RCU thread would end a slice whenever the host's time says so, from 10.2 on after 50 ms, and
 * with several vCPUs the next one would run. Slices end by themselves, soon enough for it. Nobody takes the notifier back.
 */
static void tell_nobody(void *notifier)
{
	(void)notifier;
}

int slice_install(slice_start_fn *start, slice_cut_fn *cut, slice_share_fn *share)
{
	int result;

	slice_start = start;
	slice_cut = cut;
	slice_share = share;
	if (emulator_is_patched())
		return 0;
	result = entry_replace((void *)emu.icount_round, (const void *)rrio_slice_budget);
	if (!result && emu.force_rcu)
		result = entry_replace((void *)emu.force_rcu, (const void *)tell_nobody);
	return result;
}
