/* SPDX-License-Identifier: GPL-2.0-or-later */
/* loops.h - what an event loop needs before its first turn. */
#ifndef PRELOAD_LOOPS_H
#define PRELOAD_LOOPS_H

/* Main thread, as often as it likes: the main loop's context exists by now, perhaps. */
void loops_prepare_main(void);

/* An iothread that is about to start; its object. */
void loops_prepare_iothread(void *iothread);

#endif
