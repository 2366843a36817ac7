/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parts.h - memory in parts, as the kernel's calls take it. Any thread; cannot fail. */
#ifndef PRELOAD_PARTS_H
#define PRELOAD_PARTS_H

#include <stddef.h>
#include <sys/uio.h>

/* Bytes in all of them. */
size_t parts_length(const struct iovec *iov, int n);

/* Copies `size` bytes from them or to them, or as many as they have. */
void parts_gather(void *to, const struct iovec *iov, int n, size_t size);
void parts_scatter(const struct iovec *iov, int n, const void *from, size_t size);

#endif
