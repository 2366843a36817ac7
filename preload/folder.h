/* SPDX-License-Identifier: GPL-2.0-or-later */
/* folder.h - where recordings are. Errors are -errno, with the path that failed in `dir`. */
#ifndef PRELOAD_FOLDER_H
#define PRELOAD_FOLDER_H

#include <limits.h>

/*
 * Makes the folder of a new recording: `wanted`, or, when NULL, the next free EMULATOR-N of the store,
 * with the link `latest` beside it. Puts the folder's path into dir; returns the folder's descriptor.
 * -EEXIST: the folder already has a recording.
 */
int folder_create(const char *wanted, const char *emulator, char dir[PATH_MAX]);

/*
 * Opens a recording's folder for reading: `wanted`, or, when NULL, the store's `latest`; its journal stays locked
 * against writers. -ENOENT: it has no journal; -EBUSY: it is being written.
 */
int folder_open(const char *wanted, char dir[PATH_MAX]);

#endif
