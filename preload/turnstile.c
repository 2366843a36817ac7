/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * turnstile.c - the event loops and the vCPU thread never run at the same time.
 *
 * Entered by the main thread and iothreads (their polls and waits) and, by way of vcpu.c, by the vCPU thread. A place
 * is where the thread below can be stopped and replay can find again (place.c): the vCPU thread at a slice start, in a
 * stall or idle; whoever polls with the BQL held, in that poll (nested.c). A loop's turn starts when the thread below
 * is at one (turn.c). Here are the lock, the loops, and the end of a recording that is given up.
 *
 * Lock order: BQL, the pools' locks, this one. Nothing here fails; a difference in replay ends the process.
 */
#include "turnstile.h"

#include <stdio.h>
#include <string.h>

#include "../hooks/emulator.h"
#include "config.h"
#include "engine.h"
#include "gate.h"
#include "interpose.h"
#include "message.h"
#include "pool.h"
#include "rcu.h"
#include "self.h"
#include "tape.h"
#include "turn.h"
#include "vnc.h"
#include "wake.h"
#include "watch.h"

struct turnstile turnstile = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.loops_cond = PTHREAD_COND_INITIALIZER,
	.vcpu_cond = PTHREAD_COND_INITIALIZER,
	.loops = { { .exists = true } },
};

void turnstile_lock(void)
{
	real.pthread_mutex_lock(&turnstile.lock);
}

void turnstile_unlock(void)
{
	real.pthread_mutex_unlock(&turnstile.lock);
}

void turnstile_wait(pthread_cond_t *cond)
{
	real.pthread_cond_wait(cond, &turnstile.lock);
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
	return pthread_cond_timedwait(cond, &turnstile.lock, until);
}

/* ---- loops ---- */

int turnstile_init(bool leaps)
{
	turnstile.guest_leaps = leaps;
	return wake_init(0);
}

/*
 * (locked) A number that no loop has, or 0. They go round: whoever reads a journal meets one again as late as can be.
 * Whoever makes and joins iothreads has its turn, so both runs give the same ones.
 */
static unsigned free_number(void)
{
	for (unsigned i = 0; i < LOOPS - 1; i++) {
		unsigned loop = (turnstile.last_loop + i) % (LOOPS - 1) + 1;

		if (!turnstile.loops[loop].exists)
			return loop;
	}
	return 0;
}

/* A guest that runs is not ended for that: it goes on unrecorded. */
static void refuse_loop(const char *why)
{
	char cause[160];

	snprintf(cause, sizeof(cause), "no further iothread can be recorded (%s)", why);
	if (turnstile.has_vcpu && recording())
		turnstile_give_up(cause);
	else
		message_end(STATUS_UNSUPPORTED, "%s; fewer can: leave out -object iothread [iothread-number]", cause);
}

unsigned turnstile_add_loop(void)
{
	unsigned loop;
	int error = 0;

	turnstile_lock();
	loop = free_number();
	if (loop)
		error = wake_init(loop);
	if (!loop || error) {
		turn_check_early(); /* it may be what ended the recording */
		turnstile_unlock();
		refuse_loop(error ? strerror(-error) : "there are too many at once");
		return 0;
	}
	turnstile.loops[loop] = (struct loop){ .exists = true };
	turnstile.last_loop = loop;
	turnstile_unlock();
	return loop;
}

void turnstile_remove_loop(unsigned loop)
{
	turnstile_lock();
	wake_close(loop);
	turnstile.loops[loop].exists = false;
	turnstile_unlock();
}

bool turnstile_main_loop_alone(void)
{
	return !turnstile.last_loop;
}

void turnstile_await_loop(unsigned loop)
{
	turnstile_lock();
	while (!turnstile.loops[loop].there && config.mode != MODE_OFF)
		turnstile_wait(&turnstile.loops_cond);
	turnstile_unlock();
}

void turnstile_vcpu_created(void)
{
	turnstile_lock();
	turnstile.has_vcpu = true;
	turnstile.no_guest = false;
	turnstile_unlock();
	watch_start();
}

bool turnstile_has_vcpu(void)
{
	return turnstile.has_vcpu;
}

int64_t turnstile_icount(void)
{
	/* In a loop's turn the guest stands where the turn started. */
	if (self.role != THREAD_VCPU && turnstile.turns)
		return turnstile.turn_icount;
	return emulator_icount();
}

void turnstile_no_guest(void)
{
	if (turnstile.no_guest || turnstile_main_loop_alone())
		return;
	turnstile_lock();
	turnstile.no_guest = true;
	real.pthread_cond_broadcast(&turnstile.loops_cond);
	turnstile_unlock();
}

/* ---- what a turn has submitted ---- */

void turnstile_hand_over(void)
{
	engine_flush();
	pool_flush();
}

/* Has it its turn, at whose end it comes to its outer poll? Not before the guest's start. */
static bool in_turn(void)
{
	return config.mode != MODE_OFF && (self.role == THREAD_MAIN || self.role == THREAD_LOOP) &&
	       turnstile.running == (int)self.loop && turnstile.turns;
}

bool turnstile_holds(void)
{
	return in_turn() && (turnstile.slow || gate_in_flight() > 1);
}

/* ---- the watch ---- */

uint64_t turnstile_progress(void)
{
	/* Inside a slice the count moves at every 65,535 instructions: accel/tcg/cpu-exec.c:cpu_loop_exec_tb */
	return (uint64_t)emu.icount_raw() + turnstile.turns + turnstile_slices() + gate_progress() + tickets_taken() +
	       tape_progress();
}

bool turnstile_stuck(void)
{
	return (turnstile.wanting && turnstile.running == GUEST) || turnstile.leaving_nested || gate_is_publishing();
}

void turnstile_give_up(const char *cause)
{
	turnstile_lock();
	if (recording())
		tape_give_up(cause);
	config.mode = MODE_OFF;
	turnstile.loan = NULL;
	gate_open();
	for (unsigned i = 0; i < LOOPS; i++)
		if (turnstile.loops[i].exists)
			turnstile_wake(i);
	real.pthread_cond_broadcast(&turnstile.loops_cond);
	real.pthread_cond_broadcast(&turnstile.vcpu_cond);
	gate_wake();
	rcu_wake();
	vnc_wake();
	turnstile_unlock();
}
