/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * open.c - open and close, and what else takes a path: what a descriptor stands for is known from its path.
 *
 * Any thread. Random devices are remembered (random.c), and files (descriptor.c); they are listed (opened.c), and those
 * of a packed recording are found where they were unpacked (root.c). KVM's device is not there for an emulator that is
 * recorded or replayed: with a list of accelerators (-accel kvm -accel tcg) QEMU goes on to the next one; without, it
 * ends, and the reason is given then. accel/kvm/kvm-all.c:kvm_init
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bells.h"
#include "config.h"
#include "descriptor.h"
#include "desktop.h"
#include "interpose.h"
#include "lookup.h"
#include "message.h"
#include "opened.h"
#include "outside.h"
#include "random.h"
#include "root.h"
#include "self.h"
#include "turnstile.h"
#include "uncontrolled.h"

/* Runs before the emulator's own exit handlers: nothing of the guest has run. */
static void explain_refusal(int status, void *unused)
{
	(void)unused;
	if (status && !turnstile_has_vcpu())
		message_end(STATUS_UNSUPPORTED, "the accelerator kvm cannot be recorded: only TCG counts instructions; "
						"use -accel tcg with -icount shift=auto [kvm]");
}

static bool refused(const char *path)
{
	static bool explained;

	if (!self_is_party() || config.mode == MODE_OFF || strcmp(path, "/dev/kvm") != 0)
		return false;
	if (!explained)
		explained = !on_exit(explain_refusal, NULL);
	errno = ENOENT;
	return true;
}

/* The mode is only there when the flags ask for a file to be made. */
#define MODE(flags)                                                        \
	({                                                                 \
		mode_t mode = 0;                                           \
		va_list arguments;                                         \
		if ((flags)&O_CREAT || ((flags)&O_TMPFILE) == O_TMPFILE) { \
			va_start(arguments, flags);                        \
			mode = va_arg(arguments, mode_t);                  \
			va_end(arguments);                                 \
		}                                                          \
		mode;                                                      \
	})

static enum opened_how how(int flags)
{
	if (flags & O_CREAT)
		return OPENED_CREATE;
	return (flags & O_ACCMODE) == O_RDONLY ? OPENED_READ : OPENED_WRITE;
}

#define OPEN(original)                                                                               \
	({                                                                                           \
		const char *asked = path;                                                            \
		char buffer[PATH_MAX];                                                               \
		int fd = -1;                                                                         \
		if (!refused(asked) && !outside_open_told(asked, &fd)) {                             \
			path = root_path(asked, buffer, flags & O_CREAT);                            \
			if (!descriptor_open(asked, path, flags, &fd)) {                             \
				fd = outside_opened(asked, (original), __builtin_return_address(0)); \
				random_opened(fd, path);                                             \
				descriptor_opened(fd, asked, flags);                                 \
				opened_file(path, fd, how(flags), __builtin_return_address(0));      \
			}                                                                            \
		}                                                                                    \
		fd;                                                                                  \
	})

#undef open
#undef open64
INTERPOSED int open(const char *path, int flags, ...)
{
	return OPEN(real.open(path, flags, MODE(flags)));
}

INTERPOSED int open64(const char *path, int flags, ...)
{
	return OPEN(real.open64(path, flags, MODE(flags)));
}

INTERPOSED int __open_2(const char *path, int flags);
INTERPOSED int __open_2(const char *path, int flags)
{
	return OPEN(real.__open_2(path, flags));
}

INTERPOSED int __open64_2(const char *path, int flags);
INTERPOSED int __open64_2(const char *path, int flags)
{
	return OPEN(real.__open64_2(path, flags));
}

/* The kernel is loaded like this: hw/i386/x86.c:x86_load_linux */
#define FOPEN(original)                                                                                  \
	({                                                                                               \
		int flags = *mode == 'r' ? (strchr(mode, '+') ? O_RDWR : O_RDONLY) : O_WRONLY | O_CREAT; \
		char buffer[PATH_MAX];                                                                   \
		FILE *file;                                                                              \
		path = root_path(path, buffer, flags & O_CREAT);                                         \
		file = (original);                                                                       \
		if (file)                                                                                \
			opened_file(path, fileno(file), how(flags), __builtin_return_address(0));        \
		file;                                                                                    \
	})

#undef fopen
#undef fopen64
INTERPOSED FILE *fopen(const char *path, const char *mode)
{
	return FOPEN(real.fopen(path, mode));
}

INTERPOSED FILE *fopen64(const char *path, const char *mode)
{
	FILE *known;

	return lookup_fopen(path, &known) ? known : FOPEN(real.fopen64(path, mode));
}

INTERPOSED int close(int fd)
{
	if (self_is_party())
		bells_closed(fd);
	random_closed(fd);
	uncontrolled_closed(fd);
	descriptor_closed(fd);
	external_closed(fd);
	desktop_closed(fd);
	return real.close(fd);
}

/* Firmware is looked for in several folders: softmmu/datadir.c:qemu_find_file */
INTERPOSED int access(const char *path, int how_to)
{
	char buffer[PATH_MAX];

	if (self_is_party() && replaying() && opened_elsewhere(path)) {
		errno = ENOENT;
		return -1;
	}
	return real.access(root_path(path, buffer, false), how_to);
}

/* Others that only need to know where the file is. */
#define PLACED(original)                                         \
	({                                                       \
		char buffer[PATH_MAX];                           \
		const char *at = root_path(path, buffer, false); \
		(original);                                      \
	})

#undef stat
#undef stat64
#undef lstat
#undef lstat64
INTERPOSED int stat(const char *restrict path, struct stat *restrict status)
{
	return PLACED(real.stat(at, status));
}

INTERPOSED int stat64(const char *restrict path, struct stat64 *restrict status)
{
	int result;

	return lookup_stat(path, status, &result) ? result : PLACED(real.stat64(at, status));
}

INTERPOSED int lstat(const char *restrict path, struct stat *restrict status)
{
	return PLACED(real.lstat(at, status));
}

INTERPOSED int lstat64(const char *restrict path, struct stat64 *restrict status)
{
	return PLACED(real.lstat64(at, status));
}

INTERPOSED char *realpath(const char *restrict path, char *restrict resolved)
{
	return PLACED(real.realpath(at, resolved));
}

INTERPOSED char *__realpath_chk(const char *path, char *resolved, size_t room);
INTERPOSED char *__realpath_chk(const char *path, char *resolved, size_t room)
{
	return PLACED(real.__realpath_chk(at, resolved, room));
}

INTERPOSED int unlink(const char *path)
{
	int result;

	return lookup_unlink(path, &result) ? result : PLACED(real.unlink(at));
}

/* A plugin. The caller's address must stay what it is: the loader's search depends on it. */
INTERPOSED void *dlopen(const char *path, int flags)
{
	opened_module(path);
	if (config.root) {
		static char buffer[PATH_MAX];

		path = root_path(path, buffer, false);
	}
	return real.dlopen(path, flags);
}
