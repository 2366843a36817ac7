/* SPDX-License-Identifier: GPL-2.0-or-later */
/* loops.h - what an event loop needs before its first turn. */
#ifndef PRELOAD_LOOPS_H
#define PRELOAD_LOOPS_H

/* Main thread, as often as it likes, also where QEMU is making its pool: how many workers that has. */
void loops_size_main(void);

/*
 * A thread that polls or signals: the main loop's pool is made, or known from now on. Before its first job is submitted,
 * and before the guest runs.
 */
void loops_prepare_main(void);

/* An iothread that is about to start; its object. */
void loops_prepare_iothread(void *iothread);

/* Main thread: one has ended, with its loop of that number. */
void loops_iothread_gone(unsigned loop);

#endif
