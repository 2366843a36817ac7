/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * external.c - the table of external descriptors.
 *
 * Entries are made and read by parties, one at a time; closing may happen in any thread. No allocation, no lock. A
 * descriptor with too high a number ends the process: it could not be followed.
 */
#include "external.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "config.h"
#include "interpose.h"
#include "message.h"
#include "self.h"
#include "uncontrolled.h"

_Atomic uint8_t external_kinds[EXTERNAL_MAX];
static uint32_t ids[EXTERNAL_MAX];
static uint32_t last_id;

/*
 * Majors of character devices whose calls go elsewhere, or that say nothing: memory (null, zero, random), SCSI disks.
 * And those that are used by shared memory, or by pointers, which no journal of calls can hold: uncontrolled.c names
 * them.
 */
enum { MAJOR_LAST_QUIET = 21 };
static const unsigned not_external[] = { 1, 21, 81 /* video */, 116 /* sound */, 189 /* USB */, 226 /* graphics */ };

uint32_t external_id(int fd)
{
	if (!ids[fd])
		ids[fd] = ++last_id;
	return ids[fd];
}

bool external_call_of_any(int fd)
{
	if (config.mode == MODE_OFF)
		return false;
	if (!self_is_party() && !self.inside && fd > STDERR_FILENO)
		uncontrolled_call();
	return self_is_party();
}

int external_made(int fd, enum external_kind kind)
{
	if (fd >= EXTERNAL_MAX)
		message_end(STATUS_UNSUPPORTED,
			    "descriptor %d is beyond the %d that rrio can follow; lower the limit of open files "
			    "(ulimit -n %d) [descriptor-number]",
			    fd, EXTERNAL_MAX, EXTERNAL_MAX);
	if (fd >= 0) {
		ids[fd] = 0;
		external_kinds[fd] = (uint8_t)kind;
	}
	return fd;
}

void external_closed(int fd)
{
	if (external_is(fd))
		external_kinds[fd] = EXTERNAL_NONE;
}

int external_copied(int fd, int copy)
{
	if (copy >= 0 && copy < EXTERNAL_MAX && copy != fd)
		external_made(copy, external_is(fd) ? (enum external_kind)external_kinds[fd] : EXTERNAL_NONE);
	return copy;
}

static bool is_not_external(const struct stat *status)
{
	for (size_t i = 0; i < sizeof(not_external) / sizeof(not_external[0]); i++)
		if (major(status->st_rdev) == not_external[i])
			return true;
	return false;
}

bool external_is_shared(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && is_not_external(&status) &&
	       major(status.st_rdev) > MAJOR_LAST_QUIET;
}

enum external_kind external_look(int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return EXTERNAL_NONE;
	if (S_ISSOCK(status.st_mode))
		return EXTERNAL_SOCKET;
	if (S_ISFIFO(status.st_mode))
		return EXTERNAL_PIPE;
	if (!S_ISCHR(status.st_mode))
		return EXTERNAL_NONE;
	if (is_not_external(&status))
		return EXTERNAL_NONE;
	return real.isatty(fd) ? EXTERNAL_TERMINAL : EXTERNAL_DEVICE;
}

int external_placeholder(enum external_kind kind)
{
	int fd = real.open("/", O_PATH | O_CLOEXEC, 0);

	if (fd < 0)
		message_end(STATUS_TRY_AGAIN, "no descriptor for what the emulator opens: %s [no-placeholder]",
			    strerror(errno));
	return external_made(fd, kind);
}

const char *external_kind_name(int fd)
{
	static const char *const names[] = { "a file of its own", "standard input or output",
					     "a socket",	  "a terminal",
					     "a named pipe",	  "a device" };

	return names[external_is(fd) ? external_kinds[fd] : EXTERNAL_NONE];
}

/* What the emulator may be told of by its command line: the same in both runs only as far as it asks. */
static void take_inherited(DIR *folder)
{
	struct dirent *entry;

	while ((entry = readdir(folder))) {
		int fd = atoi(entry->d_name);

		if (fd > STDERR_FILENO && fd < EXTERNAL_MAX)
			external_made(fd, external_look(fd));
	}
}

void external_init(void)
{
	DIR *folder = opendir("/proc/self/fd");

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		external_made(fd, EXTERNAL_STANDARD);
	if (folder) {
		take_inherited(folder);
		closedir(folder);
	}
}
