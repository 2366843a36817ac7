/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch.h - RRIO_PATIENCE: nothing waits for ever without a word.
 *
 * A thread of rrio's looks at what has been done, several times a second. A replay that has done nothing for so long is
 * ended, with what it waits for; a recording in which a turn cannot start for so long is given up, and the emulator
 * goes on without it. What is stopped as a whole (SIGSTOP, a debugger) loses no patience: it is counted in looks.
 */
#ifndef PRELOAD_WATCH_H
#define PRELOAD_WATCH_H

/* Before the first wait: starts the thread, once. Not in the constructor: -daemonize forks behind it. */
void watch_start(void);

#endif
