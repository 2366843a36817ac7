/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * turn.c - a loop's turns: when one starts, what it begins with, and its end.
 *
 * Entered by the main thread and iothreads, at their outer polls. Recording starts turns as the loops want them, replay
 * where the journal says so: chosen() is the only difference between them. Nothing here fails; a difference in replay
 * ends the process.
 */
#include "turn.h"

#include <inttypes.h>

#include "bells.h"
#include "clock.h"
#include "config.h"
#include "diverge.h"
#include "gate.h"
#include "interpose.h"
#include "rcu.h"
#include "self.h"
#include "signals.h"
#include "tape.h"
#include "turnstile.h"
#include "uncontrolled.h"
#include "until.h"
#include "vnc.h"
#include "watch.h"

enum {
	/*
	 * Recording, with sleep=off: how long an idle guest's requests may take before its time leaps once more.
	 * Without it, minutes would pass for the guest in a second of the host's, and its drivers would see timeouts.
	 */
	LEAP_MS = 1000,
	/* Recording: so many turns one right behind the other, before the guest gets a chance. */
	AGAIN_MAX = 4,
	/* What takes longer is not done before the turn ends in which it was submitted. */
	SLOW_NS = 50000,
};

/* (locked) Does a turn of this loop start at that place? */
static bool chosen(unsigned loop, const struct place *place)
{
	if (recording())
		return turnstile.loops[loop].wants;
	return place_is_next(place->kind, place->icount) && tape_place()->loop == loop;
}

void turn_let_vcpu_run(void)
{
	turnstile.parked.kind = 0;
	turnstile.running = GUEST;
}

void turn_wake_vcpu(void)
{
	real.pthread_cond_signal(&turnstile.vcpu_cond);
}

/*
 * (locked) Where this loop could have its turn now, or NULL. The main loop never has one in a nested poll: either it is
 * the one that polls, or it needs the BQL that the vCPU thread holds there.
 */
static const struct place *open_place(unsigned loop)
{
	if (turnstile.nested.kind)
		return turnstile.running == NOBODY && loop ? &turnstile.nested : NULL;
	return turnstile.running == GUEST && turnstile.parked.kind && !turnstile.loan ? &turnstile.parked : NULL;
}

/*
 * (locked) The gate of a request that this turn releases. Whoever submits is here or stopped, so that a request which
 * has not been submitted by now never comes.
 */
static struct gate *await(uint64_t ticket, int64_t icount)
{
	struct gate *gate = gate_await(ticket);

	if (!gate)
		diverged(&(struct divergence){ .id = "diverged-release",
					       .icount = icount,
					       .loop = self.loop,
					       .request = tape_expected(ticket) },
			 "request %" PRIu64 ", which the recording releases here, %s", ticket,
			 ticket_released(ticket) ? "has been released before"
			 : ticket_slot(ticket)	 ? "has made no system call"
						 : "has not been submitted");
	return gate;
}

/* A flush says nothing of what comes next. */
static void learn(const struct rrj_request *request)
{
	if (request->op == RRJ_READ || request->op == RRJ_WRITE)
		turnstile.slow = request->latency_ns > SLOW_NS;
}

void turn_take(const struct place *place)
{
	static struct gate_request done[GATE_MAX_RELEASES]; /* a worker may come to it late, after the recording's end */
	struct gate *gates[GATE_MAX_RELEASES];
	const struct tape_turn *turn;

	if (config.mode == MODE_OFF)
		return;
	until_check_turn(place->icount);
	watch_start();
	wake_taken();
	bells_ring();
	uncontrolled_look();
	turnstile.turn_icount = place->icount;
	turn = tape_turn(self.loop, place->kind, place->icount);
	clock_freeze(turn->head.mono_ns, turn->head.real_ns);
	/* All had made their calls before one was released: what that one changes in QEMU must not reach another's. */
	for (uint32_t i = 0; i < turn->head.releases; i++)
		gates[i] = await(turn->requests[i].ticket, place->icount);
	for (uint32_t i = 0; i < turn->head.releases; i++) {
		gate_release(gates[i], replaying() ? &turn->requests[i] : NULL, &done[i]);
		if (config.mode == MODE_OFF)
			return; /* given up meanwhile */
	}
	if (!gate_settle())
		return;
	for (uint32_t i = 0; i < turn->head.releases; i++) {
		tape_released(i, &done[i]);
		learn(&done[i].request);
	}
	tape_commit();
	turnstile.next_icount = tape_place()->icount;
	/* Others may be waiting for the place of what is next now. */
	real.pthread_cond_broadcast(&turnstile.loops_cond);
}

void turn_check_early(void)
{
	if (replaying() && tape_next() == TAPE_EARLY)
		tape_ends_early(turnstile_icount());
}

/* (locked) The calling thread's loop, which may never have had a turn, has nothing more to do. */
static void end_turn(void)
{
	turn_check_early();
	if (!turnstile.loops[self.loop].there) {
		turnstile.loops[self.loop].there = true;
		real.pthread_cond_broadcast(&turnstile.loops_cond);
	}
	if (turnstile.running != (int)self.loop)
		return;
	turnstile.turns++;
	if (turnstile.nested.kind) {
		turnstile.running = NOBODY;
		real.pthread_cond_broadcast(&turnstile.loops_cond);
	} else {
		turn_let_vcpu_run();
	}
}

static void want(bool wants)
{
	turnstile.loops[self.loop].wants = wants;
	turnstile.wanting += wants ? 1 : -1u;
}

/*
 * (locked) Recording: an idle guest's time leaps at the main loop's turn, which waits for requests in flight. Other
 * loops may have their turns meanwhile: false, when the caller has to look again. *until: when its patience ends.
 */
static bool may_leap(const struct place *place, struct timespec *until)
{
	if (!recording() || !turnstile.guest_leaps || self.loop || place->kind != RRJ_IDLE)
		return true;
	if (!until->tv_sec)
		turnstile_deadline(until, LEAP_MS);
	return gate_give_time(self.loop, until);
}

static bool is_no_place(void)
{
	return !turnstile.parked.kind && !turnstile.nested.kind && !turnstile.no_guest;
}

/* (locked) Returns at the place of the calling thread's next turn; NULL when there is no guest, so that all may run. */
static const struct place *await_place(void)
{
	struct soon *soon = &turnstile.loops[self.loop].soon;
	struct timespec until = { 0 };
	const struct place *place = NULL;
	int64_t since;

	want(true);
	turnstile_unlock();
	since = soon_look(soon, is_no_place);
	turnstile_lock();
	while (!turnstile.no_guest) {
		place = open_place(self.loop);
		if (config.mode == MODE_OFF)
			break;
		if (!place || !chosen(self.loop, place))
			turnstile_wait(&turnstile.loops_cond);
		else if (may_leap(place, &until))
			break;
	}
	soon_over(soon, since);
	want(false);
	return turnstile.no_guest || config.mode == MODE_OFF ? NULL : place;
}

bool turn_must_ask(void)
{
	return recording() && !gate_waits(self.loop);
}

/* (locked) Is this turn followed by another one at once? Not after a loan, nor in a nested poll: others have run. */
static bool goes_on(bool ready)
{
	struct loop *loop = &turnstile.loops[self.loop];

	if (config.mode == MODE_OFF || turnstile.running != (int)self.loop || turnstile.nested.kind)
		return false;
	if (replaying())
		return place_is_next(RRJ_AGAIN, turnstile.turn_icount) && tape_place()->loop == self.loop;
	if (!loop->again || !(ready || (gate_waits(self.loop) && gate_all_wait())))
		return false;
	loop->again--;
	return true;
}

/* The turn ends, unless another one follows at once: then true. *asks: does the host have to be asked for the next? */
static bool leave(bool ready, bool *asks)
{
	bool again;

	turnstile_lock();
	again = goes_on(ready);
	if (!again) {
		end_turn();
		*asks = turnstile.no_guest || turn_must_ask();
		wake_poll_begins(*asks);
	}
	turnstile_unlock();
	if (!again)
		turn_wake_vcpu();
	/* The guest stands still in a turn that follows at once too. Replaying, that turn may wait for what is kept. */
	if (!again || replaying())
		turnstile_hand_over();
	return again;
}

/* (locked) */
static void take_next(void)
{
	const struct place *place = await_place();

	if (!place)
		return;
	turnstile.running = (int)self.loop;
	turnstile.loops[self.loop].again = AGAIN_MAX;
	turn_take(place);
}

/* (locked) */
static void take_again(void)
{
	turnstile.turns++;
	turn_take(&(struct place){ RRJ_AGAIN, turnstile.turn_icount });
}

static void next_turn(turnstile_host_poll *host, void *poll)
{
	bool asks = false, ready = recording() && host(poll, false);

	if (!self.loop) {
		rcu_window();
		vnc_window();
	}
	if (leave(ready, &asks)) {
		turnstile_lock();
		take_again();
	} else {
		if (asks)
			host(poll, true);
		turnstile_lock();
		wake_poll_ends(asks);
		take_next();
	}
	turnstile_unlock();
}

void turnstile_outer_poll(turnstile_host_poll *host, void *poll)
{
	next_turn(host, poll);
	if (!self.loop)
		signals_deliver();
}

void turnstile_loop_ends(void)
{
	turnstile_lock();
	end_turn();
	turnstile_unlock();
	turn_wake_vcpu();
	turnstile_hand_over();
}
