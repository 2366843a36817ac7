/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock.h - host time as the guest's side sees it: sampled once per turn, frozen in between. */
#ifndef PRELOAD_CLOCK_H
#define PRELOAD_CLOCK_H

#include <stdint.h>

/* The host's clocks now, in nanoseconds: CLOCK_MONOTONIC and CLOCK_REALTIME. Any thread. */
void clock_sample(int64_t *mono_ns, int64_t *real_ns);

/* What main loop and vCPU thread are told from here on. For whoever holds the turn. */
void clock_freeze(int64_t mono_ns, int64_t real_ns);

#endif
