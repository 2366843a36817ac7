/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * poll.c - ppoll, poll and epoll_wait: the loops' outer polls, and polls with the BQL held.
 *
 * Outer: the main thread's, without the BQL (util/main-loop.c:os_host_main_loop_wait), and an iothread's when it may
 * block (iothread.c:iothread_run). It ends a turn and starts the next one. Nested: with the BQL held, in a turn, a
 * device access, at start-up or exit (aio_poll). A nested poll that may block is a turn of its own; one that may not
 * lets nothing in, since nothing says how often it is made.
 * What is ready is asked for only after the turn has released its requests, without waiting; what is external comes
 * through the journal (ready.c).
 *
 * glib's own loops use poll(): a QMP monitor's thread (iothread.c:iothread_run), waits at start-up for a connection,
 * and g_poll() of one descriptor, which asks for an answer at once (chardev/char-pty.c) and gets one.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "../hooks/emulator.h"
#include "config.h"
#include "desktop.h"
#include "external.h"
#include "interpose.h"
#include "loops.h"
#include "message.h"
#include "rcu.h"
#include "ready.h"
#include "self.h"
#include "signals.h"
#include "turnstile.h"
#include "uncontrolled.h"
#include "uring.h"
#include "vnc.h"
#include "warp.h"

struct host_poll {
	struct pollfd *fds;
	nfds_t n;
	const struct timespec *timeout;
	const sigset_t *mask;
};

static const struct timespec at_once;

/*
 * A loop's turn makes its own descriptors ready when it has rung: a device's interrupt goes through an eventfd of the
 * main loop (hw/virtio/virtio.c:virtio_notify_irqfd). And QEMU asks for another round with a timeout of nothing.
 */
static bool is_ready(const struct host_poll *asked)
{
	struct pollfd fds[READY_MAX];
	bool rang = self.rang;

	self.rang = false;
	if (asked->timeout && !asked->timeout->tv_sec && !asked->timeout->tv_nsec)
		return true;
	if (!rang)
		return false;
	memcpy(fds, asked->fds, asked->n * sizeof(*fds));
	return real.ppoll(fds, asked->n, &at_once, NULL) > 0;
}

/* Waits for the caller's descriptors, for a request that has finished or for a signal; tells nobody which. */
static bool poll_host(void *argument, bool waits)
{
	const struct host_poll *asked = argument;
	struct pollfd fds[READY_MAX + 1]; /* with ours behind them */

	if (!waits)
		return is_ready(asked);
	memcpy(fds, asked->fds, asked->n * sizeof(*fds));
	fds[asked->n] = (struct pollfd){ .fd = turnstile_wake_fd(), .events = POLLIN };
	return real.ppoll(fds, asked->n + 1, asked->timeout, asked->mask) > 0;
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
	turnstile_hand_over();
	/* A recording that has been given up: any thread publishes. */
	turnstile_lock();
	uring_drained();
	turnstile_unlock();
	return true;
}

/* How a poll is answered. */
enum answer {
	PLAIN,	/* by the host */
	CLOSED, /* at once, and nothing from outside comes in */
	OPEN,	/* at once: it is the place where something may */
};

/* The part of a poll before its answer. query: without a timeout it asks for an answer, and is no round of a loop. */
static enum answer enter(struct host_poll *asked, bool query)
{
	bool nested = emu.bql_locked(), blocks = !asked->timeout || asked->timeout->tv_sec || asked->timeout->tv_nsec;

	if (asked->n > READY_MAX)
		message_end(STATUS_UNSUPPORTED,
			    "the emulator polls %lu descriptors, more than the %d that rrio can follow "
			    "[too-many-descriptors]",
			    (unsigned long)asked->n, READY_MAX);
	loops_prepare_main();
	uring_drained();
	if (nested) {
		if (blocks)
			turnstile_nested_poll(poll_host, asked);
		return blocks || query ? OPEN : CLOSED;
	}
	if (self.role == THREAD_VCPU)
		return PLAIN;
	if (self.role == THREAD_LOOP) {
		if (blocks)
			turnstile_outer_poll(poll_host, asked);
		return blocks ? OPEN : CLOSED;
	}
	if (!turnstile_has_vcpu()) {
		turnstile_no_guest();
		rcu_window();
		vnc_window();
		signals_pass();
		return PLAIN;
	}
	warp_keep();
	if (!first_round())
		turnstile_outer_poll(poll_host, asked);
	return OPEN;
}

static int answer(struct host_poll *asked, bool query)
{
	enum answer how = is_plain() ? PLAIN : enter(asked, query);
	int ready;

	if (how == PLAIN)
		return real.ppoll(asked->fds, asked->n, asked->timeout, asked->mask);
	ready = ready_poll(asked->fds, asked->n, how == OPEN);
	/* What comes past the journal is the main loop's, in its turn. */
	if (ready > 0 && self.role == THREAD_MAIN)
		uncontrolled_poll(asked->fds, asked->n);
	return ready;
}

INTERPOSED int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
	struct host_poll asked = { fds, n, timeout, mask };

	return answer(&asked, false);
}

INTERPOSED int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask,
			   size_t size);
INTERPOSED int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask,
			   size_t size)
{
	struct host_poll asked = { fds, n, timeout, mask };

	(void)size;
	return answer(&asked, false);
}

static struct timespec from_ms(int ms)
{
	return (struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
}

INTERPOSED int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	struct timespec time = from_ms(timeout);
	struct host_poll asked = { fds, n, timeout < 0 ? NULL : &time, NULL };

	return is_plain() || desktop_polls(fds, n) ? real.poll(fds, n, timeout) : answer(&asked, true);
}

INTERPOSED int __poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t size);
INTERPOSED int __poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t size)
{
	(void)size;
	return poll(fds, n, timeout);
}

/* util/fdmon-epoll.c: aio_poll() with many descriptors; none of them is external, see epoll_ctl(). */
INTERPOSED int epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };
	struct timespec time = from_ms(timeout);
	struct host_poll asked = { &one, 1, timeout < 0 ? NULL : &time, NULL };

	if (!is_plain() && (emu.bql_locked() || self.role == THREAD_LOOP) && enter(&asked, false) != PLAIN)
		timeout = 0;
	return real.epoll_wait(fd, events, max, timeout);
}

/* An external descriptor's readiness has to be asked for by poll(), and QEMU does so when this says no. */
INTERPOSED int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
	if (!is_plain() && external_is(fd)) {
		errno = EPERM;
		return -1;
	}
	return real.epoll_ctl(epoll, operation, fd, event);
}
