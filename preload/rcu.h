/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rcu.h - QEMU's RCU thread runs in windows alone: when nobody else does.
 *
 * It calls back what was to be freed: a device that was unplugged lets go of its disk there and is announced on the
 * monitor. When it gets to that would be the host's doing. So it waits for work until the main thread opens the window,
 * at the end of each turn of the main loop and where it waits for this thread; and the window closes when all work is
 * done.
 */
#ifndef PRELOAD_RCU_H
#define PRELOAD_RCU_H

#include <stdbool.h>

/* Its creator; then itself, before its first instruction of the emulator's. */
void rcu_thread_created(void);
void rcu_thread_begins(void);

/* Main thread, without the BQL. Returns when there is no work. */
void rcu_window(void);

/* (locked) The recording has been given up: it need not wait any more. */
void rcu_wake(void);

/*
 * Has the emulator something to be freed in the next window? The vCPU thread, between turns: not locked, since the RCU
 * thread changes in a window alone what is read here, and none is open while the guest runs.
 */
bool rcu_has_work(void);

#endif
