/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * live.h - who looks at a replayed guest: the sockets of RRIO_GDB, RRIO_MONITOR and RRIO_QMP.
 *
 * They are the replay's own and in no recording: the emulator does not know of them, and no turn polls them. The vCPU
 * thread serves them while it holds the guest (stop.h); a thread of ours tells it when somebody comes or says something.
 */
#ifndef PRELOAD_LIVE_H
#define PRELOAD_LIVE_H

#include <stddef.h>

#include "stop.h"

enum live_kind { LIVE_GDB, LIVE_MONITOR, LIVE_QMP, LIVE_KINDS };

/* Constructor: takes the addresses. One that cannot be had ends the process. */
void live_init(void);

/*
 * The vCPU thread: from now on one can connect. Not before the first stop, where there is one: who connects is served at
 * once, or gives up waiting.
 */
void live_start(void);

/* The vCPU thread, while it holds: serves until the guest may go on. cpu: the vCPU that it has stopped in. */
void live_serve(enum stop_reason reason, void *cpu);

/* To whoever is connected; lost if nobody is, or if it cannot be sent. */
void live_send(enum live_kind kind, const void *bytes, size_t size);
void live_print(enum live_kind kind, const char *text);

/* Waits a moment until the other side has hung up: what it still says must not meet a closed socket. */
void live_await_end(enum live_kind kind);

/* Nobody there any more; it may come again. */
void live_hang_up(enum live_kind kind);

/* The replay is at its end. */
void live_end(void);

/*
 * One who looks: what it is to do when somebody comes, says something, when the guest has stopped, and when the replay is
 * at its end. Each may be NULL.
 */
struct live_service {
	void (*opened)(void);
	void (*said)(const char *bytes, size_t size);
	void (*stopped)(enum stop_reason reason, void *cpu);
	void (*ended)(void);
};

extern const struct live_service live_gdb, live_monitor, live_qmp;

#endif
