/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * icount.c - instruction counting, with sleep=off. QEMU: softmmu/icount.c, accel/tcg/tcg-accel-ops-icount.c.
 *
 * Main and vCPU thread. As in QEMU, the count must not be asked for in the middle of a block: that ends the process.
 */
#include "toy.h"

EXPORTED int use_icount = 1;

static _Atomic int64_t executed, bias;

/* Publishes what the vCPU has executed since the last time. */
void icount_update(struct cpu *cpu)
{
	int64_t now = cpu->budget - cpu->left;

	cpu->budget -= now;
	executed += now;
}

EXPORTED int64_t icount_get_raw(void)
{
	struct cpu *cpu = current_cpu;

	if (cpu && cpu->running) {
		if (!cpu->can_do_io)
			die("bad icount read");
		icount_update(cpu);
	}
	return executed;
}

EXPORTED int64_t icount_to_ns(int64_t icount)
{
	return icount << options.shift;
}

int64_t icount_now_ns(void)
{
	return bias + icount_to_ns(icount_get_raw());
}

/* Every vCPU sleeps: time leaps to the next timer. */
void icount_start_warp(void)
{
	int64_t deadline;

	if (!cpus_running() || !cpus_idle())
		return;
	deadline = qemu_clock_deadline_ns_all(1, -1);
	if (deadline < 0)
		return;
	bias += deadline;
	clock_notify();
}

static int64_t limit(void)
{
	int64_t deadline = qemu_clock_deadline_ns_all(1, -1);

	if (deadline < 0 || deadline > INT32_MAX)
		deadline = INT32_MAX;
	return icount_round(deadline);
}

void icount_prepare(struct cpu *cpu)
{
	cpu->budget = limit();
	cpu->left = cpu->budget;
	if (!cpu->budget) {
		bql_lock();
		clock_notify();
		timers_run(TIMERS_VCPU);
		bql_unlock();
	}
}
