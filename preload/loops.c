/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loops.c - makes an emulator's event loops such that they can be recorded, each in its own thread.
 *
 * A turn must not need another one to get a worker: a loop's pool has all of its workers from the start, before its
 * first job. And an iothread must not poll its handlers before it asks the kernel (util/aio-posix.c:try_poll_mode): how
 * often it would is the host's doing, and its clock stands still meanwhile.
 */
#include "loops.h"

#include <stdbool.h>
#include <stddef.h>

#include "../hooks/emulator.h"
#include "config.h"
#include "message.h"
#include "pool.h"
#include "self.h"
#include "turnstile.h"

/* No request needs a bottom half to get a worker. util/async.c */
static void size_pool(void *context)
{
	emu.pool_params(context, POOL_WORKERS, POOL_WORKERS, NULL);
}

/*
 * Not from a mutex's lock: QEMU may be making this pool just then, and there would be two. util/async.c:
 * aio_get_thread_pool
 */
static void learn_pool(void *context)
{
	pool_add(emu.thread_pool(context), self.loop);
}

void loops_size_main(void)
{
	static bool sized;
	void *context;

	if (sized || config.mode == MODE_OFF)
		return;
	context = emu.main_context();
	if (!context)
		return;
	sized = true;
	size_pool(context);
}

void loops_prepare_main(void)
{
	static bool prepared; /* of the main thread; then all others */
	void *context;

	if (prepared || self.role != THREAD_MAIN || config.mode == MODE_OFF)
		return;
	context = emu.main_context();
	if (!context)
		return;
	prepared = true;
	loops_size_main();
	learn_pool(context);
}

void loops_iothread_gone(unsigned loop)
{
	pool_forget(loop);
	turnstile_remove_loop(loop);
}

void loops_prepare_iothread(void *iothread)
{
	void *context = emu.iothread_context(iothread);

	emu.poll_params(context, 0, 0, 0, NULL);
	size_pool(context);
	learn_pool(context);
}
