/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * beside.c - the files of a recording besides its journal, for a copy of it.
 *
 * One thread. Failures are returned as -errno; what has been written by then stays.
 */
#include "beside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "rrio/pieces.h"

/* What a replay reads, and what rrio pack needs. */
static const char *const names[] = { RRJ_PIECES_NAME, "opened" };

static int copy_range(int from, int to, off_t offset, off_t end)
{
	ssize_t n = 1;

	if (lseek(to, offset, SEEK_SET) < 0)
		return -errno;
	while (n && offset < end) {
		n = sendfile(to, from, &offset, (size_t)(end - offset));
		if (n < 0 && errno != EINTR)
			return -errno;
	}
	return 0;
}

/* Shared where the file system can; else what is there, and holes stay holes. */
static int copy_all(int from, int to)
{
	off_t size = lseek(from, 0, SEEK_END), data, hole = 0;
	int error = 0;

	if (size < 0)
		return -errno;
	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	while (!error && (data = lseek(from, hole, SEEK_DATA)) >= 0) {
		hole = lseek(from, data, SEEK_HOLE);
		error = copy_range(from, to, data, hole < 0 ? size : hole);
	}
	return error || ftruncate(to, size) == 0 ? error : -errno;
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

static int copy_clones(int from_dir, int to_dir)
{
	int dir = openat(from_dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), error = 0;
	DIR *entries = dir < 0 ? NULL : fdopendir(dir);
	const struct dirent *entry;

	if (!entries)
		return -errno;
	while (!error && (entry = readdir(entries)))
		if (!strncmp(entry->d_name, RRJ_CLONE_PREFIX, strlen(RRJ_CLONE_PREFIX)))
			error = copy_file(from_dir, to_dir, entry->d_name);
	closedir(entries);
	return error;
}

int beside_copy(int from_dir, const char *folder)
{
	int to_dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error = to_dir < 0 ? -errno : 0;

	for (size_t i = 0; !error && i < sizeof(names) / sizeof(names[0]); i++)
		error = copy_file(from_dir, to_dir, names[i]);
	error = error ? error : copy_clones(from_dir, to_dir);
	if (to_dir >= 0)
		close(to_dir);
	return error;
}
