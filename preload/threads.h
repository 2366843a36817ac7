/* SPDX-License-Identifier: GPL-2.0-or-later */
/* threads.h - which thread is which, and the BQL. */
#ifndef PRELOAD_THREADS_H
#define PRELOAD_THREADS_H

#include <pthread.h>

/* Constructor, in the process's first thread: it runs the main loop. */
void threads_init(void);

/* The BQL, or NULL before the emulator has taken it for the first time. A variable, since each lock asks for it. */
extern pthread_mutex_t *threads_bql_known;

static inline pthread_mutex_t *threads_bql(void)
{
	return threads_bql_known;
}

/* Main thread: finds out which mutex the BQL is. Cheap once it is known. */
void threads_learn_bql(void);

#endif
