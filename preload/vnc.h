/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vnc.h - the thread that draws for VNC clients runs in windows alone: when nobody else does.
 *
 * It encodes what has changed on the screen and hands the bytes to the main loop, which sends them. When it gets to
 * that would be the host's doing. So it waits until the main thread opens the window, at the end of a turn in which
 * something was given to it, or where somebody waits for it; and the window closes when all is encoded. What a client
 * sends and is sent goes through the main loop, and is journalled as with any other socket.
 */
#ifndef PRELOAD_VNC_H
#define PRELOAD_VNC_H

#include <pthread.h>
#include <stdbool.h>

/* Its creator: returns when it waits for work. */
void vnc_await_thread(void);

/* The thread itself, in place of its wait for work. */
void vnc_wait(pthread_cond_t *cond, pthread_mutex_t *mutex);

/* Whoever runs: this condition is signalled; work, if it is that thread's. */
void vnc_signals(const pthread_cond_t *cond);

/* Whoever runs waits for this condition: true, if it is that thread's, which has done all its work then. */
bool vnc_joins(const pthread_cond_t *cond, pthread_mutex_t *mutex);

/* Main thread, without the BQL. Returns when there is no work. */
void vnc_window(void);

/* (locked) The recording has been given up: it need not wait any more. */
void vnc_wake(void);

#endif
