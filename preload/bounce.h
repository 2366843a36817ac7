/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bounce.h - buffers between a disk and the guest's memory.
 *
 * A read's data waits in one until a turn releases the request, so that no guest sees it early; a write's data is taken
 * into one once, so that what is written is what its checksum is of. Any thread; no malloc, errno may change.
 */
#ifndef PRELOAD_BOUNCE_H
#define PRELOAD_BOUNCE_H

#include <stddef.h>

/* At least so many bytes, aligned for O_DIRECT; NULL: no memory. */
void *bounce_get(size_t size);
void bounce_put(void *buffer, size_t size);

#endif
