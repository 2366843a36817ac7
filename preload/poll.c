/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * poll.c - ppoll and epoll_wait: the main loop's outer poll, and polls with the BQL held.
 *
 * Outer: the main thread's, without the BQL (util/main-loop.c:os_host_main_loop_wait). It ends a turn and starts the
 * next one. Nested: with the BQL held, in a turn, a device access, at start-up or exit (aio_poll). A nested poll that
 * may block is a turn of its own; one that may not lets nothing in, since nothing says how often it is made.
 * What is ready is asked for only after the turn has released its requests, without waiting.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "../hooks/emulator.h"
#include "config.h"
#include "interpose.h"
#include "job.h"
#include "message.h"
#include "self.h"
#include "signals.h"
#include "threads.h"
#include "turnstile.h"

/* Descriptors of one poll, with ours behind them; more than a process may open by default. */
enum { POLL_MAX = 4096 };

/* The block layer's workers: so many that no request needs a bottom half to get one. util/async.c */
enum { POOL_SIZE = 64 };

struct host_poll {
	struct pollfd *fds;
	nfds_t n;
	const struct timespec *timeout;
	const sigset_t *mask;
};

/* Waits for the caller's descriptors, for a request that has finished or for a signal; tells nobody which. */
static void wait_for_host(void *argument)
{
	static struct pollfd main_fds[POLL_MAX], vcpu_fds[POLL_MAX];
	struct pollfd *fds = self.role == THREAD_MAIN ? main_fds : vcpu_fds;
	const struct host_poll *poll = argument;

	if (poll->n >= POLL_MAX)
		message_end(STATUS_UNSUPPORTED,
			    "the emulator polls %lu descriptors, more than the %d that rrio can follow",
			    (unsigned long)poll->n, POLL_MAX - 1);
	memcpy(fds, poll->fds, poll->n * sizeof(*fds));
	fds[poll->n] = (struct pollfd){ .fd = turnstile_wake_fd(), .events = POLLIN };
	real.ppoll(fds, poll->n + 1, poll->timeout, poll->mask);
}

/* A turn must not need another one to get a worker: all are made at once, and stay. */
static void size_pool(void)
{
	static bool sized;
	void *context;

	if (sized || self.role != THREAD_MAIN)
		return;
	context = emu.main_context();
	if (!context)
		return;
	sized = true;
	emu.pool_params(context, POOL_SIZE, POOL_SIZE, NULL);
	emu.thread_pool(context);
}

/*
 * Outer: before the guest runs, the pool has to have its workers, the first of which the main loop makes in a bottom
 * half. So it goes round once without ending its first turn; once in every run, since each round also runs timers.
 */
static bool first_round(void)
{
	static enum { NONE, ONE, ALL } rounds;

	if (rounds == ALL)
		return false;
	if (rounds++ == NONE)
		return true;
	if (!job_await_pool())
		message(MODULE_GATE, MESSAGE_WARN,
			"the thread pool's workers are not recognised: its completions may not replay; rrio doctor says "
			"which emulators are known");
	return false;
}

/* May this thread's poll be answered by the host alone? */
static bool is_plain(void)
{
	return !self_is_party() || config.mode == MODE_OFF;
}

/* The part of a poll before its answer. true: the answer is what is ready now, without waiting. */
static bool enter(struct host_poll *poll)
{
	bool nested = emu.bql_locked();

	size_pool();
	if (nested) {
		if (poll->timeout && !poll->timeout->tv_sec && !poll->timeout->tv_nsec)
			return true;
		turnstile_nested_poll(wait_for_host, poll);
		return true;
	}
	if (self.role != THREAD_MAIN)
		return false;
	if (!turnstile_has_vcpu()) {
		signals_pass();
		return false;
	}
	if (!first_round())
		turnstile_outer_poll(wait_for_host, poll);
	return true;
}

static const struct timespec at_once;

INTERPOSED int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
	struct host_poll poll = { fds, n, timeout, mask };

	if (!is_plain() && enter(&poll))
		timeout = &at_once;
	return real.ppoll(fds, n, timeout, mask);
}

INTERPOSED int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask,
			   size_t size);
INTERPOSED int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask,
			   size_t size)
{
	struct host_poll poll = { fds, n, timeout, mask };

	if (!is_plain() && enter(&poll))
		timeout = &at_once;
	return real.__ppoll_chk(fds, n, timeout, mask, size);
}

/* util/fdmon-epoll.c: aio_poll() with many descriptors. */
INTERPOSED int epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };
	struct timespec time = { .tv_sec = timeout / 1000, .tv_nsec = timeout % 1000 * 1000000L };
	struct host_poll poll = { &one, 1, timeout < 0 ? NULL : &time, NULL };

	if (!is_plain() && emu.bql_locked() && enter(&poll))
		timeout = 0;
	return real.epoll_wait(fd, events, max, timeout);
}
