/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slice.h - the hook in the instruction-count loop: rrio_slice_budget() of include/rrio/hook.h. */
#ifndef HOOKS_SLICE_H
#define HOOKS_SLICE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Called at the start of every slice, in the vCPU thread, without the BQL: may wait for a turn there. Given the
 * instruction count; returns how many instructions the slice may have at most. *fresh: nobody else has run since this
 * thread locked the BQL last, so that the timers are as QEMU has just seen them.
 */
typedef int64_t slice_start_fn(int64_t icount, bool *fresh);

/* After that: the slice would have so many instructions, timers included. Returns how many of them it gets now. */
typedef int64_t slice_cut_fn(int64_t icount, int64_t budget);

/* From 8.1 on, where the emulator goes round, with the BQL: so many are to be shared among the vCPUs. Returns how many. */
typedef int64_t slice_share_fn(int64_t budget);

/* Puts the hook into the emulator; all are called from then on; cut and share may be NULL. Errors as entry_replace(). */
int slice_install(slice_start_fn *start, slice_cut_fn *cut, slice_share_fn *share);

#endif
