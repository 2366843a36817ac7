/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nested.c - inside a turn, or a device access: polls and waits in which others have their turns, and loans.
 *
 * Main and vCPU thread, with the BQL. Nothing here fails; a difference in replay ends the process.
 */
#include "config.h"
#include "interpose.h"
#include "self.h"
#include "tape.h"
#include "turn.h"
#include "turnstile.h"
#include "wake.h"

/* (locked) The calling thread is at a place now, where iothreads may have turns. Returns who ran. */
static int enter_nested(void)
{
	int before = turnstile.running;

	turnstile.nested.icount = turnstile_icount();
	turnstile.nested.kind = RRJ_NESTED;
	place_check_loop(RRJ_NESTED, turnstile.nested.icount);
	turnstile.running = NOBODY;
	real.pthread_cond_broadcast(&turnstile.loops_cond);
	return before;
}

/* (locked) It goes on when no iothread has its turn, and none has one here before it. */
static void leave_nested(int before)
{
	turnstile.leaving_nested = true;
	while (config.mode != MODE_OFF &&
	       (turnstile.running != NOBODY ||
		(replaying() && place_is_next(RRJ_NESTED, turnstile.nested.icount) && tape_place()->loop)))
		turnstile_wait(&turnstile.loops_cond);
	turnstile.leaving_nested = false;
	turnstile.nested.kind = 0;
	turnstile.running = before;
}

void turnstile_nested_poll(turnstile_host_poll *host, void *poll)
{
	struct place place;
	int before;
	bool asks;

	turnstile_hand_over();
	turnstile_lock();
	before = enter_nested();
	place = turnstile.nested;
	asks = turn_must_ask();
	wake_poll_begins(asks);
	turnstile_unlock();
	if (asks)
		host(poll, true);
	turnstile_lock();
	wake_poll_ends(asks);
	turn_check_early();
	leave_nested(before);
	turn_take(&place);
	/* The main loop may already wait for a further turn, and would not look again. */
	if (self.role == THREAD_VCPU)
		turn_check_early();
	turnstile_unlock();
}

int turnstile_nested_wait(turnstile_host_wait *wait, void *what)
{
	struct place place;
	int before, result;

	turnstile_hand_over();
	turnstile_lock();
	before = enter_nested();
	turnstile_unlock();
	result = wait(what);
	turnstile_lock();
	turn_check_early();
	place = turnstile.nested;
	leave_nested(before);
	turn_take(&place);
	turnstile_unlock();
	return result;
}

int turnstile_lend(pthread_cond_t *cond, pthread_mutex_t *bql)
{
	int result;

	turnstile_hand_over();
	turnstile_lock();
	turnstile.loan = cond;
	turnstile.loops[self.loop].again = 0;
	turn_let_vcpu_run();
	turnstile_unlock();
	turn_wake_vcpu();
	do
		result = real.pthread_cond_wait(cond, bql);
	while (result == 0 && turnstile.loan);
	return result;
}

void turnstile_signals(const pthread_cond_t *cond)
{
	if (atomic_load_explicit(&turnstile.loan, memory_order_relaxed) != cond)
		return;
	turnstile_lock();
	turnstile.loan = NULL;
	turnstile.running = 0;
	turnstile_unlock();
}
