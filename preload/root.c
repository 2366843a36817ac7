/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * root.c - where the files of a packed recording are: below a folder, by the paths that they had when it was recorded.
 *
 * Any thread; threads that are no party, and every run without RRIO_ROOT, see the paths as they are. Nothing is
 * allocated. What is not below the folder is looked for where it always was: devices, the emulator's own modules.
 */
#include "root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "self.h"

/* Appends one component, of which "." and ".." are none. */
static bool append(char absolute[PATH_MAX], size_t *used, const char *name, size_t length)
{
	if (!length || (length == 1 && name[0] == '.'))
		return true;
	if (length == 2 && name[0] == '.' && name[1] == '.') {
		while (*used && absolute[--*used] != '/')
			;
		return true;
	}
	if (*used + length + 2 > PATH_MAX)
		return false;
	absolute[(*used)++] = '/';
	memcpy(absolute + *used, name, length);
	*used += length;
	return true;
}

static bool append_all(char absolute[PATH_MAX], size_t *used, const char *path)
{
	while (*path) {
		size_t length = strcspn(path, "/");

		if (!append(absolute, used, path, length))
			return false;
		path += length + (path[length] == '/');
	}
	return true;
}

bool root_absolute(const char *path, char absolute[PATH_MAX])
{
	char cwd[PATH_MAX] = "";
	size_t used = 0;

	if (*path != '/' && !getcwd(cwd, sizeof(cwd)))
		return false;
	if (!append_all(absolute, &used, root_recorded(cwd)) || !append_all(absolute, &used, path))
		return false;
	if (!used)
		absolute[used++] = '/';
	absolute[used] = '\0';
	return true;
}

const char *root_recorded(const char *path)
{
	size_t length = config.root ? strlen(config.root) : 0;

	if (length && !strncmp(path, config.root, length) && path[length] == '/')
		return path + length;
	return path;
}

static bool exists(const char *path)
{
	return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Is the folder of this path there? */
static bool has_folder(char *path)
{
	char *slash = strrchr(path, '/');
	bool there;

	*slash = '\0';
	there = exists(path);
	*slash = '/';
	return there;
}

const char *root_path(const char *path, char buffer[PATH_MAX], bool creating)
{
	char absolute[PATH_MAX];
	int saved = errno;
	bool below;

	/* Relative ones are below the folder by the working directory. */
	if (!config.root || !self_is_party() || !path || *path != '/' || root_recorded(path) != path)
		return path;
	below = root_absolute(path, absolute) && snprintf(buffer, PATH_MAX, "%s%s", config.root, absolute) < PATH_MAX &&
		(exists(buffer) || (creating && has_folder(buffer)));
	errno = saved;
	return below ? buffer : path;
}
