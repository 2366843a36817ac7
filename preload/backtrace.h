/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backtrace.h - RRIO_BACKTRACE=1: the calls through which the emulator submits a request, each chain of them once.
 */
#ifndef PRELOAD_BACKTRACE_H
#define PRELOAD_BACKTRACE_H

#include <stdint.h>

/* Constructor: finds libunwind when it is needed, and ends the process when it is not there. */
void backtrace_init(void);

/* Whoever runs, submitting a request: the rrj_stack.id of its calls, which the journal has now; 0: none is recorded. */
uint32_t backtrace_take(void);

#endif
