/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * warp.c - an idle guest's time goes on until its next timer. Who calls what: warp.h. Nothing can fail.
 *
 * An idle guest is woken for its next virtual timer by a timer of the host's time (softmmu/icount.c, the warp timer),
 * which comes too early in two cases: that virtual timer has been put off meanwhile, as the serial port's is by each
 * byte; or, with shift=auto, the guest is ahead of the host, and its time does not move at all (icount_warp_rt). The
 * main loop then waits without a warp timer, and the guest sleeps until something else makes the loop go round: for
 * ever (seen on a bare 7.2), or for up to a second, until the timer that sets the guest's pace. So whoever is idle and
 * waits for a virtual timer without a warp timer that comes by then gets one, as the loop's next round would give it.
 * All that decides it is in the journal, so replay does the same.
 */
#include "warp.h"

#include "../hooks/emulator.h"
#include "config.h"
#include "turnstile.h"

static bool by_host_time;

void warp_init(bool leaps)
{
	by_host_time = !leaps;
}

void warp_keep(void)
{
	int64_t warp, next;

	if (!by_host_time || config.mode == MODE_OFF || !emu.start_warp || !turnstile_guest_idles())
		return;
	next = emulator_deadline();
	warp = emu.clock_deadline(CLOCK_HOST_WARP, TIMERS_ALL);
	if (next > 0 && (warp < 0 || warp > next))
		emu.start_warp();
}
