/* SPDX-License-Identifier: GPL-2.0-or-later */
/* beside.h - the files of a recording besides its journal, for a copy of it. */
#ifndef INSPECT_BESIDE_H
#define INSPECT_BESIDE_H

/* Copies them from the folder that is open as from_dir (none when that is no folder) into another: 0 or -errno. */
int beside_copy(int from_dir, const char *folder);

#endif
