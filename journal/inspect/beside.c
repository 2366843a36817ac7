/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * beside.c - the files of a recording besides its journal, for a copy of it.
 *
 * One thread. Failures are returned as -errno; what has been written by then stays.
 */
#include "beside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "rrio/pieces.h"

/* What a replay reads, and what rrio pack needs. */
static const char *const names[] = { RRJ_PIECES_NAME, "opened" };

static int copy_all(int from, int to)
{
	ssize_t n;

	do {
		n = sendfile(to, from, NULL, 1 << 30);
	} while (n > 0 || (n < 0 && errno == EINTR));
	return n < 0 ? -errno : 0;
}

/* A file that is not there is none to copy. */
static int copy_file(int from_dir, int to_dir, const char *name)
{
	int from = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), to, error;

	if (from < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	error = to < 0 ? -errno : copy_all(from, to);
	if (to >= 0 && close(to) && !error)
		error = -errno;
	close(from);
	return error;
}

int beside_copy(int from_dir, const char *folder)
{
	int to_dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error = to_dir < 0 ? -errno : 0;

	for (size_t i = 0; !error && i < sizeof(names) / sizeof(names[0]); i++)
		error = copy_file(from_dir, to_dir, names[i]);
	if (to_dir >= 0)
		close(to_dir);
	return error;
}
