/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clock.c - clock_gettime, gettimeofday and time: the main loop and the vCPU thread see the time of the last turn.
 *
 * Other threads, and everybody before our constructor, see the host's clocks. Clocks of CPU time are not replayed:
 * QEMU shows none of them to a guest.
 */
#include "clock.h"

#include <stdbool.h>
#include <stdlib.h>

#include "config.h"
#include "interpose.h"
#include "rrio/journal.h"
#include "self.h"

enum {
	NS = 1000000000,
	/* The two clocks are read one after the other: they have moved against each other if it is more than that. */
	CLOSE_NS = 50000,
	/* About what a turn takes: the fewer values a turn's time can have, the less of the journal it takes. */
	STEP_NS = 8 * RRJ_TICK_NS,
};

static _Atomic int64_t frozen_mono_ns, frozen_real_ns;

static int64_t host_now(clockid_t clock)
{
	struct timespec now;

	real.clock_gettime(clock, &now);
	return now.tv_sec * (int64_t)NS + now.tv_nsec;
}

int64_t clock_mono_ns(void)
{
	return host_now(CLOCK_MONOTONIC);
}

void clock_sample(int64_t *mono_ns, int64_t *real_ns)
{
	*mono_ns = clock_mono_ns();
	*real_ns = host_now(CLOCK_REALTIME);
}

void clock_next(bool again, int64_t *mono_ns, int64_t *real_ns)
{
	int64_t before = frozen_mono_ns, shift = frozen_real_ns - before, shift_now;

	if (again) {
		*mono_ns = before;
		*real_ns = frozen_real_ns;
		return;
	}
	clock_sample(mono_ns, real_ns);
	shift_now = *real_ns - *mono_ns;
	/* Never before the host's time: a timer that has made the host's poll return must be due. */
	if (*mono_ns > before)
		*mono_ns = before + (*mono_ns - before + STEP_NS - 1) / STEP_NS * STEP_NS;
	else
		*mono_ns = before;
	*real_ns = *mono_ns + (llabs(shift_now - shift) < CLOSE_NS ? shift : shift_now);
}

void clock_freeze(int64_t mono_ns, int64_t real_ns)
{
	frozen_mono_ns = mono_ns;
	frozen_real_ns = real_ns;
}

static bool frozen(void)
{
	return self_is_party() && config.mode != MODE_OFF;
}

/* The frozen value of a clock; false for those that are not replayed. */
static bool frozen_now(clockid_t clock, int64_t *now_ns)
{
	switch (clock) {
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		*now_ns = frozen_mono_ns;
		return true;
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_TAI:
		*now_ns = frozen_real_ns;
		return true;
	default:
		return false;
	}
}

INTERPOSED int clock_gettime(clockid_t clock, struct timespec *now)
{
	int64_t ns;

	if (!frozen() || !frozen_now(clock, &ns))
		return real.clock_gettime(clock, now);
	*now = (struct timespec){ .tv_sec = ns / NS, .tv_nsec = ns % NS };
	return 0;
}

INTERPOSED int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	if (!frozen() || zone)
		return real.gettimeofday(now, zone);
	*now = (struct timeval){ .tv_sec = frozen_real_ns / NS, .tv_usec = frozen_real_ns % NS / 1000 };
	return 0;
}

INTERPOSED time_t time(time_t *now)
{
	time_t seconds;

	if (!frozen())
		return real.time(now);
	seconds = frozen_real_ns / NS;
	if (now)
		*now = seconds;
	return seconds;
}
