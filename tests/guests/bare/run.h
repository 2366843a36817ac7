/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run.h - the work; run.c says who may call what. */
#ifndef BARE_RUN_H
#define BARE_RUN_H

#include "disk.h"
#include "options.h"

/* Carries out all requests and prints the totals. `may_reboot`: in the middle, if the options want it. */
void run(const struct options *options, const struct driver *driver, const struct disk *disk, bool may_reboot);

#endif
