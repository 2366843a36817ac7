/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check.h - RRIO_CHECK: digests of the virtual CPUs' registers and of the guest's memory at turns.
 *
 * For whoever holds the turn while the vCPU thread stands at a place: outside any translation block, so that all
 * registers are where they belong. It allocates; nobody who waits in a poll or at a place is inside the allocator.
 */
#ifndef PRELOAD_CHECK_H
#define PRELOAD_CHECK_H

#include <stdbool.h>

#include "rrio/journal.h"

/* Record: which digests the recording gets. Replay: which of the recording's are compared. Ends the process if that
 * cannot be: not exported, or not recorded. `recorded`: START's checks; when recording, what this run has. */
unsigned check_init(unsigned recorded);

/* Record: adds the digests to a turn that is about to be written. Replay: compares those that it has. */
void check_record(struct rrj_turn *turn);
void check_compare(const struct rrj_turn *turn);

/* All registers as text, for a report, to be freed; NULL: not to be had. */
char *check_registers_text(void);

#endif
