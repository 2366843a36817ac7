/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * opened.h - the files that the emulator opens, besides those of the system: kernel, firmware, images, plugins.
 *
 * A recording's file `opened` lists them: `rrio replay` says what is missing before it starts, `rrio pack` takes them
 * along. Its form: journal/FORMAT.md, section 10.
 */
#ifndef PRELOAD_OPENED_H
#define PRELOAD_OPENED_H

#include <stdbool.h>

enum opened_how {
	OPENED_READ = 'r',
	OPENED_WRITE = 'w',  /* one that is there */
	OPENED_CREATE = 'c', /* made when it is not there */
	OPENED_MODULE = 'm', /* a library that is loaded */
	OPENED_IMAGE = 'i',  /* one with requests in the journal */
};

/* Constructor: finds out whose calls count. */
void opened_init(void);

/* Record: the recording's folder is there. Replay: reads the list of the recording in it. */
void opened_keep(int dir);
void opened_load(int dir);

/* The thread has opened a file, and `caller` asked for it. Replay: ends the process if its content is another one. */
void opened_file(const char *path, int fd, enum opened_how how, const void *caller);
void opened_module(const char *path);

/* Record: a file on which the guest does disk I/O. */
void opened_image(const char *path);

/* Replay: was a file of that name found in another folder, so that one in this is not to be taken? */
bool opened_elsewhere(const char *path);

#endif
