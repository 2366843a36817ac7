/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hook.h - the ABI between an emulator's instruction-count loop and librrio.so.
 *
 * An emulator that exports its symbols needs none of this: librrio replaces the body of its icount_round with a jump
 * to rrio_slice_budget. An emulator that exports nothing is patched at source to call the function below through a
 * weak reference, which is NULL, and therefore not called, when librrio.so is not loaded.
 */
#ifndef RRIO_HOOK_H
#define RRIO_HOOK_H

#include <stdint.h>

/*
 * The budget of the slice that is about to start, in guest instructions. deadline_ns: what the caller would have
 * allowed, in virtual nanoseconds; only used before the main loop runs. Called in the vCPU thread: without the BQL
 * where a slice starts (a turn may be taken there), with it where QEMU only wants to know (8.1 on).
 */
int64_t rrio_slice_budget(int64_t deadline_ns);

/* What a patched emulator hands over in place of exports: functions and variables by QEMU's names. */
struct rrio_symbol {
	const char *name;
	void *address;
};

/*
 * Called by the patched emulator before any constructor has run (its .preinit_array), so it only keeps the list, which
 * ends with a NULL name and must stay. The thread-local current_cpu is there as a function, "rrio_current_cpu_at", that
 * returns the address of the calling thread's.
 */
void rrio_emulator(const struct rrio_symbol *symbols);

#endif
