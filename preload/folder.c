/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * folder.c - the recordings' folders: $XDG_DATA_HOME/rrio/EMULATOR-N and the relative link `latest` beside them.
 *
 * Called by the main thread, at start. A recording holds guest data: folders are 0700, files 0600, never through a
 * link that somebody else has put there.
 */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOURNAL "journal"

static int store(char path[PATH_MAX])
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	int n;

	if (data && *data)
		n = snprintf(path, PATH_MAX, "%s/rrio", data);
	else if (home && *home)
		n = snprintf(path, PATH_MAX, "%s/.local/share/rrio", home);
	else
		n = snprintf(path, PATH_MAX, "/var/tmp/rrio-%u", (unsigned)getuid());
	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* mkdir -p; the parents as the user's umask has it. */
static int make_parents(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int result;

		*slash = '\0';
		result = mkdir(path, 0777);
		*slash = '/';
		if (result < 0 && errno != EEXIST)
			return -errno;
	}
	return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -errno;
}

/* For a new recording; the writer makes the files, and refuses too if there is a journal by then. */
static int open_new(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstatat(fd, JOURNAL, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fd;
	close(fd);
	return -EEXIST;
}

static int open_folder(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Points `latest` at a folder; when two recordings start at once, either may win. */
static void link_latest(const char *root, const char *name)
{
	char path[PATH_MAX + 16], temporary[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/latest", root);
	snprintf(temporary, sizeof(temporary), "%s/.latest-%d", root, (int)getpid());
	unlink(temporary);
	if (symlink(name, temporary) == 0 && rename(temporary, path) < 0)
		unlink(temporary);
}

static int create_in_store(const char *emulator, char dir[PATH_MAX])
{
	char root[PATH_MAX], name[NAME_MAX];
	int result = store(root);

	if (result == 0)
		result = make_parents(root);
	if (result < 0) {
		snprintf(dir, PATH_MAX, "%s", root);
		return result;
	}
	for (unsigned n = 0; n < 1000000; n++) {
		snprintf(name, sizeof(name), "%.200s-%u", emulator, n);
		if (snprintf(dir, PATH_MAX, "%s/%s", root, name) >= PATH_MAX)
			return -ENAMETOOLONG;
		if (mkdir(dir, 0700) == 0) {
			link_latest(root, name);
			return open_new(dir);
		}
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

int folder_create(const char *wanted, const char *emulator, char dir[PATH_MAX])
{
	int result;

	if (!wanted)
		return create_in_store(emulator, dir);
	if (snprintf(dir, PATH_MAX, "%s", wanted) >= PATH_MAX)
		return -ENAMETOOLONG;
	result = make_parents(dir);
	return result < 0 ? result : open_new(dir);
}

/* The folder again, or -errno: when it has no journal, or one that has a writer. */
static int check_free(int dir)
{
	int error = 0, journal = openat(dir, JOURNAL, O_RDONLY | O_CLOEXEC);

	if (journal < 0)
		error = -errno;
	else if (flock(journal, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		error = -EBUSY;
	if (journal >= 0 && error)
		close(journal); /* else the lock stays, for as long as the process lives */
	if (error)
		close(dir);
	return error ? error : dir;
}

int folder_open(const char *wanted, char dir[PATH_MAX])
{
	int fd;

	if (wanted) {
		snprintf(dir, PATH_MAX, "%s", wanted);
	} else {
		char root[PATH_MAX];
		int result = store(root);

		if (result < 0)
			return result;
		if (snprintf(dir, PATH_MAX, "%s/latest", root) >= PATH_MAX)
			return -ENAMETOOLONG;
	}
	fd = open_folder(dir);
	return fd < 0 ? fd : check_free(fd);
}
