/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock.h - host time as the guest's side sees it: sampled once per turn, frozen in between. */
#ifndef PRELOAD_CLOCK_H
#define PRELOAD_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* The host's clocks now, in nanoseconds: CLOCK_MONOTONIC alone, or that and CLOCK_REALTIME. Any thread. */
int64_t clock_mono_ns(void);
void clock_sample(int64_t *mono_ns, int64_t *real_ns);

/*
 * The time of a turn that starts now: steps of some ticks (RRJ_TICK_NS) behind the last one's, up to a step ahead of the
 * host, and the clocks as far apart as they were, unless they have moved. What is written of both is less then. Again:
 * right behind the last one, at its time. For whoever holds the turn.
 */
void clock_next(bool again, int64_t *mono_ns, int64_t *real_ns);

/* What main loop and vCPU thread are told from here on. For whoever holds the turn. */
void clock_freeze(int64_t mono_ns, int64_t real_ns);

#endif
