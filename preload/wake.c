/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wake.c - wakes a loop that polls the host.
 *
 * turnstile_wake() is called by any thread and by signal handlers; the others by loops and by whoever polls for one.
 * A loop that does not poll is not woken: it looks at the gates before it does. Nothing can fail but making a loop.
 */
#include "wake.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "interpose.h"
#include "message.h"
#include "self.h"
#include "turnstile.h"

static struct {
	_Atomic int fd;
	_Atomic bool woken;	/* the descriptor is readable */
	_Atomic unsigned polls; /* of the host, at the moment */
} loops[LOOPS];

int wake_init(unsigned loop)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	loops[loop].woken = false;
	loops[loop].fd = fd;
	return 0;
}

void wake_close(unsigned loop)
{
	real.close(atomic_exchange(&loops[loop].fd, -1));
}

int turnstile_wake_fd(void)
{
	return loops[self.loop].fd;
}

void turnstile_wake(unsigned loop)
{
	uint64_t one = 1;
	int saved = errno;

	if (loops[loop].fd < 0)
		return;
	if (real.write(loops[loop].fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		message(MODULE_TURNSTILE, MESSAGE_ERROR, "loop %u cannot be woken: %s [loop-wake]", loop,
			strerror(errno));
	loops[loop].woken = true; /* only now: whoever finds it set has something to read */
	errno = saved;
}

void turnstile_wake_polling(unsigned loop)
{
	if (loops[loop].polls)
		turnstile_wake(loop);
}

void wake_poll_begins(bool polls)
{
	loops[self.loop].polls += polls;
}

void wake_poll_ends(bool polled)
{
	loops[self.loop].polls -= polled;
}

void wake_taken(void)
{
	uint64_t count;

	if (!atomic_exchange(&loops[self.loop].woken, false))
		return;
	while (real.read(loops[self.loop].fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}
