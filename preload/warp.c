/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * warp.c - an idle guest's time goes on until its next timer. Who calls what: warp.h. Nothing can fail.
 *
 * An idle guest is woken for its next virtual timer by a timer of the host's time (softmmu/icount.c, the warp timer).
 * When that virtual timer is put off meanwhile, as the serial port's is by each byte, the warp timer comes too early;
 * the main loop then waits without one, and the guest sleeps until something else makes the loop go round, perhaps for
 * ever (seen on a bare 7.2). So whoever is idle and waits for a virtual timer without a warp timer gets one, as the
 * loop's next round would give it. All that decides it is in the journal, so replay does the same.
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
	if (by_host_time && config.mode != MODE_OFF && emu.start_warp && turnstile_guest_idles() &&
	    emu.clock_deadline(CLOCK_HOST_WARP, TIMERS_ALL) < 0 && emulator_deadline() > 0)
		emu.start_warp();
}
