// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * failing.c - stands between librrj.a and the C library (the linker's --wrap; the list is in rules.mk).
 *
 * Owns the count of calls; any thread. What is not the call that has to fail goes on to the original.
 */
#include "failing.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

const char *const failing_names[FAIL_HOWS] = { "no space",	"I/O error",	 "interrupted",	    "short",
					       "full for ever", "killed before", "killed half way", "killed after" };

static atomic_long calls;
static long fail_at;
static enum failing_how fail_how;

void failing_set(long at, enum failing_how how)
{
	fail_at = at;
	fail_how = how;
	atomic_store(&calls, 0);
}

bool failing_hit(void)
{
	return fail_at && atomic_load(&calls) >= fail_at;
}

static bool now(bool is_write)
{
	long call = fail_at ? atomic_fetch_add(&calls, 1) + 1 : 0;

	return fail_at && (call == fail_at || (call > fail_at && fail_how == FAIL_EVER && is_write));
}

static void die(void)
{
	raise(SIGKILL);
}

/* Sets errno; kills. True when the call fails. */
static bool fails(bool can_interrupt)
{
	if (fail_how == KILL_BEFORE || fail_how == KILL_HALF)
		die();
	errno = fail_how == FAIL_IO ? EIO : fail_how == FAIL_INTERRUPTED ? EINTR : ENOSPC;
	return fail_how != KILL_AFTER && fail_how != FAIL_SHORT && (fail_how != FAIL_INTERRUPTED || can_interrupt);
}

/* A function that returns `bad` when it fails. */
#define WRAP(type, name, bad, parameters, arguments)   \
	type __real_##name parameters;                 \
	type __wrap_##name parameters;                 \
	type __wrap_##name parameters                  \
	{                                              \
		bool failing = now(false);             \
		type result;                           \
                                                       \
		if (failing && fails(false))           \
			return bad;                    \
		result = __real_##name arguments;      \
		if (failing && fail_how == KILL_AFTER) \
			die();                         \
		return result;                         \
	}

WRAP(void *, malloc, NULL, (size_t size), (size))
WRAP(void *, calloc, NULL, (size_t n, size_t size), (n, size))
WRAP(int, fstat64, -1, (int fd, struct stat *st), (fd, st))
WRAP(int, ftruncate64, -1, (int fd, off_t size), (fd, size))
WRAP(int, unlinkat, -1, (int dir, const char *name, int flags), (dir, name, flags))
WRAP(int, sem_init, -1, (sem_t * sem, int shared, unsigned value), (sem, shared, value))
WRAP(int, pthread_create, EAGAIN,
     (pthread_t * thread, const pthread_attr_t *attr, void *(*start)(void *), void *argument),
     (thread, attr, start, argument))
WRAP(int, __openat, -1, (int dir, const char *name, int flags, mode_t mode), (dir, name, flags, mode))
WRAP(int, __fcntl, -1, (int fd, int command, int argument), (fd, command, argument))

int __real_openat64(int dir, const char *name, int flags, ...);
int __wrap_openat64(int dir, const char *name, int flags, ...);
int __real___openat(int dir, const char *name, int flags, mode_t mode)
{
	return __real_openat64(dir, name, flags, mode);
}

int __wrap_openat64(int dir, const char *name, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = (flags & O_CREAT) ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	return __wrap___openat(dir, name, flags, mode);
}

int __real_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...);
int __real___fcntl(int fd, int command, int argument)
{
	return __real_fcntl64(fd, command, argument);
}

int __wrap_fcntl64(int fd, int command, ...)
{
	va_list arguments;
	int argument;

	va_start(arguments, command);
	argument = va_arg(arguments, int);
	va_end(arguments);
	return __wrap___fcntl(fd, command, argument);
}

ssize_t __real_pread64(int fd, void *data, size_t size, off_t offset);
ssize_t __wrap_pread64(int fd, void *data, size_t size, off_t offset);
ssize_t __wrap_pread64(int fd, void *data, size_t size, off_t offset)
{
	bool failing = now(false);

	if (failing && fails(true))
		return -1;
	return __real_pread64(fd, data, failing && fail_how == FAIL_SHORT && size > 1 ? size / 2 : size, offset);
}

ssize_t __real_pwritev64(int fd, const struct iovec *parts, int n, off_t offset);
ssize_t __wrap_pwritev64(int fd, const struct iovec *parts, int n, off_t offset);

/* The first half of what is to be written. */
static ssize_t write_half(int fd, const struct iovec *parts, int n, off_t offset)
{
	size_t size = 0;
	ssize_t done = 0;

	for (int i = 0; i < n; i++)
		size += parts[i].iov_len;
	for (int i = 0; i < n && (size_t)done < size / 2; i++) {
		struct iovec part = parts[i];
		ssize_t written;

		if (part.iov_len > size / 2 - (size_t)done)
			part.iov_len = size / 2 - (size_t)done;
		written = __real_pwritev64(fd, &part, 1, offset + done);
		if (written < 0)
			return -1;
		done += written;
	}
	return done;
}

ssize_t __wrap_pwritev64(int fd, const struct iovec *parts, int n, off_t offset)
{
	bool failing = now(true);
	ssize_t result;

	if (failing && (fail_how == FAIL_SHORT || fail_how == KILL_HALF || fail_how == FAIL_NO_SPACE)) {
		result = write_half(fd, parts, n, offset);
		if (fail_how == KILL_HALF)
			die();
		if (fail_how == FAIL_SHORT && result > 0)
			return result;
	}
	if (failing && fails(true))
		return -1;
	result = __real_pwritev64(fd, parts, n, offset);
	if (failing && fail_how == KILL_AFTER)
		die();
	return result;
}
