/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * poll.c - ppoll and epoll_wait: the loops' outer polls, and polls with the BQL held.
 *
 * Outer: the main thread's, without the BQL (util/main-loop.c:os_host_main_loop_wait), and an iothread's when it may
 * block (iothread.c:iothread_run). It ends a turn and starts the next one. Nested: with the BQL held, in a turn, a
 * device access, at start-up or exit (aio_poll). A nested poll that may block is a turn of its own; one that may not
 * lets nothing in, since nothing says how often it is made.
 * What is ready is asked for only after the turn has released its requests, without waiting.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "../hooks/emulator.h"
#include "config.h"
#include "interpose.h"
#include "loops.h"
#include "message.h"
#include "self.h"
#include "signals.h"
#include "turnstile.h"
#include "uncontrolled.h"
#include "uring.h"

/* Descriptors of one poll, with ours behind them: on the stack; more than a process may open by default. */
enum { POLL_MAX = 4096 };

struct host_poll {
	struct pollfd *fds;
	nfds_t n;
	const struct timespec *timeout;
	const sigset_t *mask;
};

/* Waits for the caller's descriptors, for a request that has finished or for a signal; tells nobody which. */
static void wait_for_host(void *argument)
{
	const struct host_poll *poll = argument;
	struct pollfd fds[POLL_MAX];

	if (poll->n >= POLL_MAX)
		message_end(STATUS_UNSUPPORTED,
			    "the emulator polls %lu descriptors, more than the %d that rrio can follow [too-many-descriptors]",
			    (unsigned long)poll->n, POLL_MAX - 1);
	memcpy(fds, poll->fds, poll->n * sizeof(*fds));
	fds[poll->n] = (struct pollfd){ .fd = turnstile_wake_fd(), .events = POLLIN };
	real.ppoll(fds, poll->n + 1, poll->timeout, poll->mask);
}

/*
 * Outer: before the guest runs, the main loop's pool has to have its workers, the first of which the loop makes in a
 * bottom half. So it goes round once without ending its first turn; once in every run, since each round also runs
 * timers.
 */
static bool first_round(void)
{
	static bool round;

	if (round)
		return false;
	round = true;
	return true;
}

/* May this thread's poll be answered by the host alone? */
static bool is_plain(void)
{
	if (!self_is_party())
		return true;
	if (config.mode != MODE_OFF)
		return false;
	/* A recording that has been given up: any thread publishes. */
	turnstile_lock();
	uring_drained();
	turnstile_unlock();
	return true;
}

/* What an answer says of the outside is the main loop's, in its turn. */
static int answer(int ready, const struct pollfd *fds, nfds_t n)
{
	if (ready > 0 && self.role == THREAD_MAIN && !self.inside && turnstile_has_vcpu())
		uncontrolled_poll(fds, n);
	return ready;
}

/* The part of a poll before its answer. true: the answer is what is ready now, without waiting. */
static bool enter(struct host_poll *poll)
{
	bool nested = emu.bql_locked(), blocks = !poll->timeout || poll->timeout->tv_sec || poll->timeout->tv_nsec;

	loops_prepare_main();
	uring_drained();
	if (nested) {
		if (blocks)
			turnstile_nested_poll(wait_for_host, poll);
		return true;
	}
	if (self.role == THREAD_VCPU)
		return false;
	if (self.role == THREAD_LOOP) {
		if (blocks)
			turnstile_outer_poll(wait_for_host, poll);
		return true;
	}
	if (!turnstile_has_vcpu()) {
		turnstile_no_guest();
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
	return answer(real.ppoll(fds, n, timeout, mask), fds, n);
}

INTERPOSED int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask,
			   size_t size);
INTERPOSED int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask,
			   size_t size)
{
	struct host_poll poll = { fds, n, timeout, mask };

	if (!is_plain() && enter(&poll))
		timeout = &at_once;
	return answer(real.__ppoll_chk(fds, n, timeout, mask, size), fds, n);
}

/* util/fdmon-epoll.c: aio_poll() with many descriptors. */
INTERPOSED int epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };
	struct timespec time = { .tv_sec = timeout / 1000, .tv_nsec = timeout % 1000 * 1000000L };
	struct host_poll poll = { &one, 1, timeout < 0 ? NULL : &time, NULL };

	if (!is_plain() && (emu.bql_locked() || self.role == THREAD_LOOP) && enter(&poll))
		timeout = 0;
	return real.epoll_wait(fd, events, max, timeout);
}
