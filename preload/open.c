/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * open.c - open and close: what a descriptor stands for is known from its path.
 *
 * Any thread. Random devices are remembered (random.c). KVM's device is not there for an emulator that is recorded or
 * replayed: with a list of accelerators (-accel kvm -accel tcg) QEMU goes on to the next one; without, it ends, and
 * the reason is given then. accel/kvm/kvm-all.c:kvm_init
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "interpose.h"
#include "message.h"
#include "random.h"
#include "self.h"
#include "turnstile.h"
#include "uncontrolled.h"

/* Runs before the emulator's own exit handlers: nothing of the guest has run. */
static void explain_refusal(int status, void *unused)
{
	(void)unused;
	if (status && !turnstile_has_vcpu())
		message_end(STATUS_UNSUPPORTED, "the accelerator kvm cannot be recorded: only TCG counts instructions; "
						"use -accel tcg with -icount shift=auto");
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

#define OPEN(original)                           \
	({                                       \
		int fd = -1;                     \
		if (!refused(path)) {            \
			fd = (original);         \
			random_opened(fd, path); \
		}                                \
		fd;                              \
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

INTERPOSED int close(int fd)
{
	random_closed(fd);
	uncontrolled_closed(fd);
	return real.close(fd);
}
