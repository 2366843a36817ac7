/* SPDX-License-Identifier: GPL-2.0-or-later */
/* passed.c - descriptors in messages. Who calls what: passed.h. No allocation. */
#include "passed.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "external.h"
#include "files.h"
#include "interpose.h"
#include "message.h"

/* Calls `each` with every passed descriptor's place in the message. */
static void for_each(const struct msghdr *message, void (*each)(int *fd, void *argument), void *argument)
{
	struct msghdr copy = *message;

	for (struct cmsghdr *part = CMSG_FIRSTHDR(&copy); part; part = CMSG_NXTHDR(&copy, part)) {
		unsigned char *data = CMSG_DATA(part);
		size_t count = (part->cmsg_len - (size_t)(data - (unsigned char *)part)) / sizeof(int);

		for (size_t i = 0; part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS && i < count; i++) {
			int fd;

			memcpy(&fd, data + i * sizeof(fd), sizeof(fd));
			each(&fd, argument);
			memcpy(data + i * sizeof(fd), &fd, sizeof(fd));
		}
	}
}

/* What it is, its flags, and its name if it is a file. */
static void put_one(int *fd, void *argument)
{
	enum external_kind kind = external_look(*fd);
	char path[PATH_MAX];
	int flags = fcntl(*fd, F_GETFL);
	size_t length = kind == EXTERNAL_NONE ? file_path_of(*fd, path, sizeof(path)) : 0;
	uint8_t **out = argument;

	external_made(*fd, kind);
	*out = rrj_put_varint(*out, kind);
	*out = rrj_put_varint(*out, flags < 0 ? 0 : (unsigned)flags & O_ACCMODE);
	*out = rrj_put_bytes(*out, path, length);
}

uint8_t *passed_put(uint8_t *out, const struct msghdr *message)
{
	for_each(message, put_one, &out);
	return out;
}

static void get_one(int *fd, void *argument)
{
	struct rrj_in *in = argument;
	enum external_kind kind = (enum external_kind)rrj_get_varint(in);
	int flags = (int)rrj_get_varint(in);
	char path[PATH_MAX];
	size_t size;
	const void *name = rrj_get_bytes(in, &size);

	if (kind != EXTERNAL_NONE || in->bad || size >= sizeof(path)) {
		*fd = external_placeholder(kind);
		return;
	}
	memcpy(path, name, size);
	path[size] = '\0';
	*fd = real.open(path, flags | O_CLOEXEC, 0);
	if (*fd < 0)
		message_end(
			STATUS_UNREADABLE,
			"the recording was passed a descriptor of %s by another process, which cannot be opened: %s; "
			"put back the file as it was [passed-file]",
			path, strerror(errno));
}

void passed_get(struct rrj_in *in, struct msghdr *message)
{
	for_each(message, get_one, in);
}
