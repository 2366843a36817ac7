/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parts.c - memory in parts, as the kernel's calls take it. Who calls what: parts.h. */
#include "parts.h"

#include <string.h>

size_t parts_length(const struct iovec *iov, int n)
{
	size_t length = 0;

	for (int i = 0; i < n; i++)
		length += iov[i].iov_len;
	return length;
}

void parts_gather(void *to, const struct iovec *iov, int n, size_t size)
{
	char *at = to;

	for (int i = 0; i < n && size; i++) {
		size_t part = iov[i].iov_len < size ? iov[i].iov_len : size;

		memcpy(at, iov[i].iov_base, part);
		at += part;
		size -= part;
	}
}

void parts_scatter(const struct iovec *iov, int n, const void *from, size_t size)
{
	const char *at = from;

	for (int i = 0; i < n && size; i++) {
		size_t part = iov[i].iov_len < size ? iov[i].iov_len : size;

		memcpy(iov[i].iov_base, at, part);
		at += part;
		size -= part;
	}
}
