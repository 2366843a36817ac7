/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ready.c - readiness of external descriptors: journalled when recording, taken from the journal in replay.
 *
 * Parties, one at a time. Only polls that find one ready are written down. Which poll it was is known by its number:
 * each thread counts its polls that could have said something of an external descriptor, the same ones in every run.
 */
#include "ready.h"

#include <inttypes.h>
#include <string.h>

#include "../journal/wire.h"
#include "config.h"
#include "diverge.h"
#include "external.h"
#include "interpose.h"
#include "self.h"
#include "tape.h"
#include "turnstile.h"

static const struct timespec at_once;

static bool any_external(const struct pollfd *fds, nfds_t n)
{
	for (nfds_t i = 0; i < n; i++)
		if (external_is(fds[i].fd))
			return true;
	return false;
}

/* The thread that polls, in the journal: a loop's number and 1, or one for the vCPU thread and the RCU thread. */
enum { OF_VCPU = 0, OF_RCU = 1000 };

static uint64_t poller(void)
{
	if (self.role == THREAD_RCU)
		return OF_RCU;
	return self.role == THREAD_VCPU ? OF_VCPU : self.loop + 1;
}

/* (record) */
static void give(const struct pollfd *fds, nfds_t n)
{
	static uint8_t text[READY_MAX * 2 * RRJ_VARINT_MAX];
	uint8_t *out = rrj_put_varint(text, poller());
	bool any = false;

	out = rrj_put_varint(out, self.polls);
	for (nfds_t i = 0; i < n; i++) {
		if (!external_is(fds[i].fd) || !fds[i].revents)
			continue;
		any = true;
		out = rrj_put_varint(out, external_id(fds[i].fd));
		out = rrj_put_varint(out, (uint16_t)fds[i].revents);
	}
	if (any)
		tape_give(RRJ_READY, text, (size_t)(out - text), true);
}

/* (replay) Finds the descriptor that the recording says is ready; */
static struct pollfd *find(struct pollfd *fds, nfds_t n, uint64_t id)
{
	for (nfds_t i = 0; i < n; i++)
		if (external_is(fds[i].fd) && !fds[i].revents && external_id(fds[i].fd) == id)
			return &fds[i];
	diverged(&(struct divergence){ .id = "diverged-ready", .icount = turnstile_icount() },
		 "external descriptor %" PRIu64 ", which is ready in the recording, is not polled here", id);
}

/* (replay) Is what is next in the journal of this poll? */
static bool is_of_this_poll(struct rrj_in *in)
{
	const struct rrj_input *input = tape_look();

	if (!input || input->source != RRJ_READY)
		return false;
	*in = (struct rrj_in){ input->data, (const uint8_t *)input->data + input->size, false };
	return rrj_get_varint(in) == poller() && rrj_get_varint(in) == self.polls;
}

static int take(struct pollfd *fds, nfds_t n)
{
	struct rrj_in in;
	int count = 0;

	if (!is_of_this_poll(&in))
		return 0;
	for (; in.p < in.end && !in.bad; count++) {
		uint64_t id = rrj_get_varint(&in);

		find(fds, n, id)->revents = (short)rrj_get_varint(&in);
	}
	tape_take(RRJ_READY);
	return count;
}

/* What the host says of all but external descriptors. */
static int poll_own(struct pollfd *fds, nfds_t n)
{
	struct pollfd own[READY_MAX];
	int result;

	memcpy(own, fds, n * sizeof(*fds));
	for (nfds_t i = 0; i < n; i++)
		if (external_is(own[i].fd))
			own[i].fd = -1;
	result = real.ppoll(own, n, &at_once, NULL);
	for (nfds_t i = 0; i < n; i++)
		fds[i].revents = own[i].revents;
	return result;
}

int ready_poll(struct pollfd *fds, nfds_t n, bool open)
{
	int result;

	if (!any_external(fds, n))
		return real.ppoll(fds, n, &at_once, NULL);
	if (!open)
		return poll_own(fds, n);
	self.polls++;
	if (replaying()) {
		result = poll_own(fds, n);
		return result < 0 ? result : result + take(fds, n);
	}
	result = real.ppoll(fds, n, &at_once, NULL);
	if (result > 0)
		give(fds, n);
	return result;
}
