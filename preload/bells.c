/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bells.c - the bells that wait. Who calls what, and why: bells.h. */
#include "bells.h"

#include <errno.h>

#include "../hooks/emulator.h"
#include "interpose.h"
#include "rcu.h"
#include "turnstile.h"

enum {
	/* The main loop has two: of its context, and of that of its handlers. */
	WAITING_MAX = 8,
	/*
	 * Instructions that a bell waits at most, if the guest neither idles nor stalls. It stalls where a timer is a
	 * loop's own: so nothing waits for this, but that there be a turn, and what is compared at it, now and then;
	 * and, in the turn's window, what is to be freed, of which there are tens of megabytes when many devices are
	 * set up.
	 */
	FAR_ENOUGH = 10000000,
	FAR_ENOUGH_TO_FREE = 1000000,
};

static struct {
	int fds[WAITING_MAX];
	unsigned count;
	int64_t since; /* instruction count of the first of them */
} waiting;

bool bells_may_wait(void)
{
	return turnstile_main_loop_alone() && emu.context_timeout && emu.handlers_context &&
	       emu.context_timeout(emu.main_context()) && emu.context_timeout(emu.handlers_context());
}

bool bells_put_off(int fd, int64_t icount)
{
	for (unsigned i = 0; i < waiting.count; i++)
		if (waiting.fds[i] == fd)
			return true;
	if (waiting.count == WAITING_MAX)
		return false;
	if (!waiting.count)
		waiting.since = icount;
	waiting.fds[waiting.count++] = fd;
	return true;
}

void bells_closed(int fd)
{
	for (unsigned i = 0; i < waiting.count; i++)
		if (waiting.fds[i] == fd)
			waiting.fds[i] = waiting.fds[--waiting.count];
}

void bells_ring(void)
{
	static const uint64_t one = 1;
	int saved = errno;

	/* One that is full, or closed meanwhile, has nobody to tell. */
	for (unsigned i = 0; i < waiting.count; i++)
		(void)!real.write(waiting.fds[i], &one, sizeof(one));
	waiting.count = 0;
	errno = saved;
}

void bells_pass(int64_t icount)
{
	if (waiting.count && icount - waiting.since >= (rcu_has_work() ? FAR_ENOUGH_TO_FREE : FAR_ENOUGH))
		bells_ring();
}
