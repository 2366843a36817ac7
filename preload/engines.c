/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engines.c - io_setup and io_uring_queue_init: engines whose completions do not pass a gate yet are refused by name.
 *
 * Main thread, while the emulator opens its drives.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "config.h"
#include "interpose.h"
#include "message.h"
#include "self.h"

INTERPOSED int io_setup(int events, void *context);
INTERPOSED int io_setup(int events, void *context)
{
	if (config.mode != MODE_OFF)
		message_end(STATUS_UNSUPPORTED, "aio=native cannot be recorded yet; use aio=threads (the default)");
	return real.io_setup(events, context);
}

/*
 * Two callers: the block layer's engine, and every AioContext, which goes on with ppoll when there is no io_uring
 * (util/fdmon-io_uring.c:fdmon_io_uring_setup); so it does here.
 */
INTERPOSED int io_uring_queue_init(unsigned entries, void *ring, unsigned flags);
INTERPOSED int io_uring_queue_init(unsigned entries, void *ring, unsigned flags)
{
	Dl_info caller;

	if (config.mode == MODE_OFF)
		return real.io_uring_queue_init(entries, ring, flags);
	if (dladdr(__builtin_return_address(0), &caller) && caller.dli_sname &&
	    !strcmp(caller.dli_sname, "luring_init"))
		message_end(STATUS_UNSUPPORTED, "aio=io_uring cannot be recorded yet; use aio=threads (the default)");
	return -ENOSYS;
}
