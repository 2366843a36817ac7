/* SPDX-License-Identifier: GPL-2.0-or-later */
/* signals.h - SIGTERM, SIGINT and SIGHUP reach the emulator at a turn. */
#ifndef PRELOAD_SIGNALS_H
#define PRELOAD_SIGNALS_H

/* Main thread, at the start of its turn, without the turnstile's lock: what has come since the last one (record), or
 * what came here when it was recorded (replay). */
void signals_deliver(void);

/* Main thread, in an emulator without a vCPU: what has come, as it came. */
void signals_pass(void);

#endif
