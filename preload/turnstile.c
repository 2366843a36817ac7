/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * turnstile.c - the event loops and the vCPU thread never run at the same time.
 *
 * Entered by the main thread and iothreads (their polls and waits) and, by way of vcpu.c, by the vCPU thread. A place
 * is where the thread below can be stopped and replay can find again: the vCPU thread at a slice start, in a stall or
 * idle; whoever polls with the BQL held, in that poll. A loop's turn starts when the thread below is at one. Recording
 * starts turns as the loops want them, replay where the journal says so: chosen() is the only difference between them.
 *
 * Lock order: BQL, the pools' locks, this one. Nothing here fails; a difference in replay ends the process.
 */
#include "turnstile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

#include "../hooks/emulator.h"
#include "clock.h"
#include "config.h"
#include "diverge.h"
#include "gate.h"
#include "interpose.h"
#include "job.h"
#include "message.h"
#include "place.h"
#include "rcu.h"
#include "self.h"
#include "signals.h"
#include "tape.h"
#include "uncontrolled.h"
#include "until.h"
#include "wake.h"
#include "watch.h"

enum {
	/*
	 * Recording, with sleep=off: how long an idle guest's requests may take before its time leaps once more.
	 * Without it, minutes would pass for the guest in a second of the host's, and its drivers would see timeouts.
	 */
	LEAP_MS = 1000,
	/* Recording: so many turns one right behind the other, before the guest gets a chance. */
	AGAIN_MAX = 4,
};

/* Who runs: a loop, by its number; or else one of these. */
enum {
	GUEST = -1,  /* the vCPU thread; or it is at a place, and nobody */
	NOBODY = -2, /* whoever is in a nested poll is at its place */
};

struct place {
	enum rrj_kind kind; /* 0: not at a place */
	int64_t icount;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t loops_cond = PTHREAD_COND_INITIALIZER; /* loops wait for a place, or for their turn to go on */
static pthread_cond_t vcpu_cond = PTHREAD_COND_INITIALIZER;  /* the vCPU thread waits for the turn's end, or a loan */

static struct loop {
	bool wants;	/* recording: it has something to do */
	bool there;	/* it has come to its first outer poll */
	unsigned again; /* recording: how many more turns it may have right here */
} loops[LOOPS];

static unsigned loop_count = 1;
static _Atomic int running = 0;
static _Atomic unsigned wanting;    /* loops that want a turn */
static _Atomic int64_t next_icount; /* replay: of tape_place(), readable without the lock */
static bool has_vcpu, no_guest, guest_leaps;
static _Atomic uint64_t turns;
static _Atomic bool leaving_nested;
static const pthread_cond_t *_Atomic loan; /* the main thread waits for it in its turn, and the vCPU thread runs */
static struct place parked; /* the vCPU thread's */
static struct place nested; /* the nested poll's */
static int64_t turn_icount; /* of the last turn that has started */

void turnstile_lock(void)
{
	real.pthread_mutex_lock(&lock);
}

void turnstile_unlock(void)
{
	real.pthread_mutex_unlock(&lock);
}

void turnstile_wait(pthread_cond_t *cond)
{
	real.pthread_cond_wait(cond, &lock);
}

void turnstile_deadline(struct timespec *until, int64_t ms)
{
	real.clock_gettime(CLOCK_REALTIME, until);
	until->tv_sec += ms / 1000;
	until->tv_nsec += ms % 1000 * 1000000;
	if (until->tv_nsec >= 1000000000) {
		until->tv_nsec -= 1000000000;
		until->tv_sec++;
	}
}

int turnstile_wait_until(pthread_cond_t *cond, const struct timespec *until)
{
	return pthread_cond_timedwait(cond, &lock, until);
}

/* ---- loops ---- */

int turnstile_init(bool leaps)
{
	guest_leaps = leaps;
	return wake_init(0);
}

unsigned turnstile_add_loop(void)
{
	int error = loop_count < LOOPS ? wake_init(loop_count) : -EMFILE;

	if (error)
		message_end(STATUS_UNSUPPORTED, "iothread number %u cannot be recorded: %s [iothread-number]",
			    loop_count, strerror(-error));
	return loop_count++;
}

void turnstile_await_loop(unsigned loop)
{
	turnstile_lock();
	while (!loops[loop].there && config.mode != MODE_OFF)
		turnstile_wait(&loops_cond);
	turnstile_unlock();
}

void turnstile_vcpu_created(void)
{
	has_vcpu = true;
	no_guest = false;
	watch_start();
}

bool turnstile_has_vcpu(void)
{
	return has_vcpu;
}

int64_t turnstile_icount(void)
{
	/* In a loop's turn the guest stands where the turn started. */
	if (self.role != THREAD_VCPU && turns)
		return turn_icount;
	return emulator_icount();
}

/* ---- places ---- */

static bool next_is(enum rrj_kind kind, int64_t icount)
{
	return tape_next() == TAPE_TURN && tape_place()->kind == kind && tape_place()->icount == icount;
}

bool place_chosen(enum rrj_kind kind, int64_t icount)
{
	return recording() ? wanting : next_is(kind, icount);
}

/* (locked) Does a turn of this loop start at that place? */
static bool chosen(unsigned loop, const struct place *place)
{
	if (recording())
		return loops[loop].wants;
	return next_is(place->kind, place->icount) && tape_place()->loop == loop;
}

bool place_possible(int64_t icount)
{
	return recording() ? wanting : next_icount <= icount;
}

bool place_in_turn(void)
{
	return running != GUEST;
}

bool place_on_loan(void)
{
	return loan;
}

uint64_t place_turns(void)
{
	return turns;
}

int64_t place_next_icount(void)
{
	return atomic_load_explicit(&next_icount, memory_order_relaxed);
}

/* Nobody would ever take such a turn. */
static void check_loop(enum rrj_kind kind, int64_t icount)
{
	const struct rrj_turn *next = tape_place();

	if (!replaying() || tape_next() != TAPE_TURN || next->loop < loop_count)
		return;
	diverged(&(struct divergence){ .id = "diverged-loop",
				       .icount = icount,
				       .kind = kind,
				       .differences = { NUMBERS("loop", next->loop, loop_count - 1) } },
		 "the next turn recorded, %s at %" PRId64 ", is one of loop %" PRIu32
		 "; this emulator has no iothread of that number",
		 rrj_kind_name(next->kind), next->icount, next->loop);
}

void place_park(enum rrj_kind kind, int64_t icount)
{
	check_loop(kind, icount);
	parked = (struct place){ kind, icount };
	/* Whoever wakes up takes the lock first: it is free then. */
	turnstile_unlock();
	real.pthread_cond_broadcast(&loops_cond);
	turnstile_lock();
	while (parked.kind && config.mode != MODE_OFF)
		turnstile_wait(&vcpu_cond);
	parked.kind = 0;
}

void place_wait_for_turn_end(void)
{
	while (place_in_turn() && config.mode != MODE_OFF)
		turnstile_wait(&vcpu_cond);
}

/* (locked) The vCPU thread may go on. It is no longer parked, even if it has not woken up yet. */
static void let_vcpu_run(void)
{
	parked.kind = 0;
	running = GUEST;
}

/* Not locked: it takes the lock. */
static void wake_vcpu(void)
{
	real.pthread_cond_signal(&vcpu_cond);
}

/*
 * (locked) Where this loop could have its turn now, or NULL. The main loop never has one in a nested poll: either it is
 * the one that polls, or it needs the BQL that the vCPU thread holds there.
 */
static const struct place *open_place(unsigned loop)
{
	if (nested.kind)
		return running == NOBODY && loop ? &nested : NULL;
	return running == GUEST && parked.kind && !loan ? &parked : NULL;
}

/* ---- turns ---- */

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

/* (locked) A turn of the calling thread's loop starts at this place: host time, and what it releases. */
static void take_turn(const struct place *place)
{
	struct gate *gates[GATE_MAX_RELEASES];
	const struct tape_turn *turn;

	if (config.mode == MODE_OFF)
		return;
	until_check_turn(place->icount);
	watch_start();
	wake_taken();
	uncontrolled_look();
	turn_icount = place->icount;
	turn = tape_turn(self.loop, place->kind, place->icount);
	clock_freeze(turn->head.mono_ns, turn->head.real_ns);
	/* All had made their calls before one was released: what that one changes in QEMU must not reach another's. */
	for (uint32_t i = 0; i < turn->head.releases; i++)
		gates[i] = await(turn->requests[i].ticket, place->icount);
	for (uint32_t i = 0; i < turn->head.releases; i++) {
		struct gate_request done;

		gate_release(gates[i], replaying() ? &turn->requests[i] : NULL, &done);
		if (config.mode == MODE_OFF)
			return; /* given up meanwhile */
		tape_released(i, &done);
	}
	tape_commit();
	next_icount = tape_place()->icount;
	/* Others may be waiting for the place of what is next now. */
	real.pthread_cond_broadcast(&loops_cond);
}

/* Replay (locked): the journal has no further turn. */
static void check_early(void)
{
	if (replaying() && tape_next() == TAPE_EARLY)
		tape_ends_early(turnstile_icount());
}

/* (locked) The calling thread's loop, which may never have had a turn, has nothing more to do. */
static void end_turn(void)
{
	check_early();
	if (!loops[self.loop].there) {
		loops[self.loop].there = true;
		real.pthread_cond_broadcast(&loops_cond);
	}
	if (running != (int)self.loop)
		return;
	turns++;
	if (nested.kind) {
		running = NOBODY;
		real.pthread_cond_broadcast(&loops_cond);
	} else {
		let_vcpu_run();
	}
}

static void want(bool wants)
{
	loops[self.loop].wants = wants;
	wanting += wants ? 1 : -1u;
}

/*
 * (locked) Recording: an idle guest's time leaps at the main loop's turn, which waits for requests in flight. Other
 * loops may have their turns meanwhile: false, when the caller has to look again. *until: when its patience ends.
 */
static bool may_leap(const struct place *place, struct timespec *until)
{
	if (!recording() || !guest_leaps || self.loop || place->kind != RRJ_IDLE)
		return true;
	if (!until->tv_sec)
		turnstile_deadline(until, LEAP_MS);
	return gate_give_time(self.loop, until);
}

/* (locked) Returns at the place of the calling thread's next turn; NULL when there is no guest, so that all may run. */
static const struct place *await_place(void)
{
	struct timespec until = { 0 };
	const struct place *place = NULL;

	want(true);
	while (!no_guest) {
		place = open_place(self.loop);
		if (config.mode == MODE_OFF)
			break;
		if (!place || !chosen(self.loop, place))
			turnstile_wait(&loops_cond);
		else if (may_leap(place, &until))
			break;
	}
	want(false);
	return no_guest || config.mode == MODE_OFF ? NULL : place;
}

/* A request that has finished is reason enough for a turn. */
static bool must_ask(void)
{
	return recording() && !gate_waits(self.loop);
}

/* (locked) Is this turn followed by another one at once? Not after a loan, nor in a nested poll: others have run. */
static bool goes_on(bool ready)
{
	struct loop *loop = &loops[self.loop];

	if (config.mode == MODE_OFF || running != (int)self.loop || nested.kind)
		return false;
	if (replaying())
		return next_is(RRJ_AGAIN, turn_icount) && tape_place()->loop == self.loop;
	if (!loop->again || !(ready || (gate_waits(self.loop) && gate_all_wait())))
		return false;
	loop->again--;
	return true;
}

static void next_turn(turnstile_host_poll *host, void *poll)
{
	const struct place *place;
	bool asks, ready = recording() && host(poll, false);

	if (!self.loop)
		rcu_window();
	turnstile_lock();
	if (goes_on(ready)) {
		turns++;
		take_turn(&(struct place){ RRJ_AGAIN, turn_icount });
		turnstile_unlock();
		return;
	}
	end_turn();
	asks = no_guest || must_ask();
	wake_poll_begins(asks);
	turnstile_unlock();
	wake_vcpu();

	if (asks)
		host(poll, true);

	turnstile_lock();
	wake_poll_ends(asks);
	place = await_place();
	if (place) {
		running = (int)self.loop;
		loops[self.loop].again = AGAIN_MAX;
		take_turn(place);
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
	wake_vcpu();
}

void turnstile_no_guest(void)
{
	if (no_guest || loop_count == 1)
		return;
	turnstile_lock();
	no_guest = true;
	real.pthread_cond_broadcast(&loops_cond);
	turnstile_unlock();
}

/* ---- inside a turn, or a device access ---- */

/* (locked) The calling thread is at a place now, where iothreads may have turns. Returns who ran. */
static int enter_nested(void)
{
	int before = running;

	nested = (struct place){ RRJ_NESTED, turnstile_icount() };
	check_loop(RRJ_NESTED, nested.icount);
	running = NOBODY;
	real.pthread_cond_broadcast(&loops_cond);
	return before;
}

/* (locked) It goes on when no iothread has its turn, and none has one here before it. */
static void leave_nested(int before)
{
	leaving_nested = true;
	while (config.mode != MODE_OFF &&
	       (running != NOBODY || (replaying() && next_is(RRJ_NESTED, nested.icount) && tape_place()->loop)))
		turnstile_wait(&loops_cond);
	leaving_nested = false;
	nested.kind = 0;
	running = before;
}

void turnstile_nested_poll(turnstile_host_poll *host, void *poll)
{
	struct place place;
	int before;
	bool asks;

	turnstile_lock();
	before = enter_nested();
	place = nested;
	asks = must_ask();
	wake_poll_begins(asks);
	turnstile_unlock();
	if (asks)
		host(poll, true);
	turnstile_lock();
	wake_poll_ends(asks);
	check_early();
	leave_nested(before);
	take_turn(&place);
	/* The main loop may already wait for a further turn, and would not look again. */
	if (self.role == THREAD_VCPU)
		check_early();
	turnstile_unlock();
}

int turnstile_nested_wait(turnstile_host_wait *wait, void *what)
{
	struct place place;
	int before, result;

	turnstile_lock();
	before = enter_nested();
	turnstile_unlock();
	result = wait(what);
	turnstile_lock();
	check_early();
	place = nested;
	leave_nested(before);
	take_turn(&place);
	turnstile_unlock();
	return result;
}

int turnstile_lend(pthread_cond_t *cond, pthread_mutex_t *bql)
{
	int result;

	turnstile_lock();
	loan = cond;
	loops[self.loop].again = 0;
	let_vcpu_run();
	turnstile_unlock();
	wake_vcpu();
	do
		result = real.pthread_cond_wait(cond, bql);
	while (result == 0 && loan);
	return result;
}

void turnstile_signals(const pthread_cond_t *cond)
{
	if (atomic_load_explicit(&loan, memory_order_relaxed) != cond)
		return;
	turnstile_lock();
	loan = NULL;
	running = 0;
	turnstile_unlock();
}

/* ---- the watch ---- */

uint64_t turnstile_progress(void)
{
	return turns + turnstile_slices() + gate_progress() + tickets_taken() + tape_progress();
}

bool turnstile_stuck(void)
{
	return (wanting && running == GUEST) || leaving_nested || gate_is_publishing();
}

void place_describe(char *text, size_t size)
{
	enum rrj_kind kind = parked.kind;
	int who = running;

	if (who == GUEST && kind)
		snprintf(text, size, "the vCPU thread waits at %" PRId64 " (%s) for a turn that nobody takes",
			 parked.icount, rrj_kind_name(kind));
	else if (who == GUEST)
		snprintf(text, size, "the vCPU thread runs, at %" PRId64 " or a slice later", emu.icount_raw());
	else if (who == NOBODY)
		snprintf(text, size, "a nested poll at %" PRId64 " waits for an iothread", nested.icount);
	else
		snprintf(text, size, "loop %d is in turn %" PRIu64 "%s", who, tape_turns(),
			 loan ? ", and waits for the vCPU thread" : "");
}

void turnstile_give_up(void)
{
	turnstile_lock();
	if (recording())
		tape_give_up("nothing went on");
	config.mode = MODE_OFF;
	loan = NULL;
	gate_open();
	for (unsigned i = 0; i < loop_count; i++)
		turnstile_wake(i);
	real.pthread_cond_broadcast(&loops_cond);
	real.pthread_cond_broadcast(&vcpu_cond);
	gate_wake();
	job_wake();
	rcu_wake();
	turnstile_unlock();
}
