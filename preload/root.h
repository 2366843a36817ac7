/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * root.h - a replay may find the recorded paths' files below a folder (RRIO_ROOT), where rrio has unpacked them.
 */
#ifndef PRELOAD_ROOT_H
#define PRELOAD_ROOT_H

#include <limits.h>
#include <stdbool.h>

/*
 * The path to give to the system: `path` itself, or its place below the folder, in `buffer`: for a file that is there,
 * or, when `creating`, whose folder is there. Any thread; preserves errno.
 */
const char *root_path(const char *path, char buffer[PATH_MAX], bool creating);

/* The recorded path of what may lie below the folder. */
const char *root_recorded(const char *path);

/* The path from the root on, without "//", "/./" and "/../", by its text alone; false when it is too long. */
bool root_absolute(const char *path, char absolute[PATH_MAX]);

#endif
