/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report.h - divergence.json in the recording's folder: what rrio-inspect explain shows.
 *
 * Called once, by the thread that ends the process.
 */
#ifndef PRELOAD_REPORT_H
#define PRELOAD_REPORT_H

#include "diverge.h"

/* text: the message, without where the report is. What cannot be written is said, and left. */
void report_write(const struct divergence *divergence, const char *text);

#endif
