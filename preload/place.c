/* SPDX-License-Identifier: GPL-2.0-or-later */
/* place.c - the places where turns start. Who calls what: place.h, turn.h. */
#include "place.h"

#include <inttypes.h>
#include <stdio.h>

#include "../hooks/emulator.h"
#include "config.h"
#include "diverge.h"
#include "interpose.h"
#include "tape.h"
#include "turn.h"
#include "turnstile.h"

bool place_is_next(enum rrj_kind kind, int64_t icount)
{
	return tape_next() == TAPE_TURN && tape_place()->kind == kind && tape_place()->icount == icount;
}

bool place_chosen(enum rrj_kind kind, int64_t icount)
{
	return recording() ? turnstile.wanting : place_is_next(kind, icount);
}

bool place_possible(int64_t icount)
{
	return recording() ? turnstile.wanting : turnstile.next_icount <= icount;
}

bool place_in_turn(void)
{
	return turnstile.running != GUEST;
}

bool place_on_loan(void)
{
	return turnstile.loan;
}

uint64_t place_turns(void)
{
	return turnstile.turns;
}

int64_t place_next_icount(void)
{
	return atomic_load_explicit(&turnstile.next_icount, memory_order_relaxed);
}

void place_check_loop(enum rrj_kind kind, int64_t icount)
{
	const struct rrj_turn *next = tape_place();

	if (!replaying() || tape_next() != TAPE_TURN || (next->loop < LOOPS && turnstile.loops[next->loop].exists))
		return;
	diverged(&(struct divergence){ .id = "diverged-loop",
				       .icount = icount,
				       .kind = kind,
				       .differences = { NUMBERS("loop", next->loop, turnstile.last_loop) } },
		 "the next turn recorded, %s at %" PRId64 ", is one of loop %" PRIu32
		 "; this emulator has no iothread of that number",
		 rrj_kind_name(next->kind), next->icount, next->loop);
}

static bool is_parked(void)
{
	return turnstile.parked.kind;
}

void place_park(enum rrj_kind kind, int64_t icount)
{
	static struct soon when_idle, otherwise;
	struct soon *soon = kind == RRJ_IDLE ? &when_idle : &otherwise;
	int64_t since;

	place_check_loop(kind, icount);
	turnstile.parked.icount = icount;
	turnstile.parked.kind = kind;
	/* Whoever wakes up takes the lock first: it is free then. */
	turnstile_unlock();
	real.pthread_cond_broadcast(&turnstile.loops_cond);
	since = soon_look(soon, is_parked);
	turnstile_lock();
	while (turnstile.parked.kind && config.mode != MODE_OFF)
		turnstile_wait(&turnstile.vcpu_cond);
	soon_over(soon, since);
	turnstile.parked.kind = 0;
}

void place_wait_for_turn_end(void)
{
	static struct soon soon;
	int64_t since;

	if (!place_in_turn())
		return;
	turnstile_unlock();
	since = soon_look(&soon, place_in_turn);
	turnstile_lock();
	while (place_in_turn() && config.mode != MODE_OFF)
		turnstile_wait(&turnstile.vcpu_cond);
	soon_over(&soon, since);
}

void place_describe(char *text, size_t size)
{
	enum rrj_kind kind = turnstile.parked.kind;
	int who = turnstile.running;

	if (who == GUEST && kind)
		snprintf(text, size, "the vCPU thread waits at %" PRId64 " (%s) for a turn that nobody takes",
			 turnstile.parked.icount, rrj_kind_name(kind));
	else if (who == GUEST)
		snprintf(text, size, "the vCPU thread runs, at %" PRId64 " or a slice later", emu.icount_raw());
	else if (who == NOBODY)
		snprintf(text, size, "a nested poll at %" PRId64 " waits for an iothread", turnstile.nested.icount);
	else
		snprintf(text, size, "loop %d is in turn %" PRIu64 "%s", who, tape_turns(),
			 turnstile.loan ? ", and waits for the vCPU thread" : "");
}
