/* SPDX-License-Identifier: GPL-2.0-or-later */
/* provenance.h - which emulator this is and how it was started: the journal's START record. */
#ifndef PRELOAD_PROVENANCE_H
#define PRELOAD_PROVENANCE_H

#include <stdbool.h>

#include "rrio/journal.h"

/* Fills everything but the host's time and the data mode. What it points to stays for as long as the process lives. */
void provenance_fill(struct rrj_start *start, int argc, char **argv, char **environment);

/* Replay: ends the process with status 65 when this is another emulator than the recorded one; warns about arguments.
 */
void provenance_compare(const struct rrj_start *now, const struct rrj_start *then);

/* Does the command line say -icount …sleep=off? What rests on it is how a recording goes, not whether it is exact. */
bool provenance_leaps(char **argv);

/* Is the process's executable called qemu-system-…? */
bool provenance_is_emulator(void);

#endif
