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

#include <errno.h>
#include <string.h>

#include "../hooks/emulator.h"
#include "config.h"
#include "gate.h"
#include "interpose.h"
#include "job.h"
#include "message.h"
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
	.loop_count = 1,
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

unsigned turnstile_add_loop(void)
{
	int error = turnstile.loop_count < LOOPS ? wake_init(turnstile.loop_count) : -EMFILE;

	if (error)
		message_end(STATUS_UNSUPPORTED, "iothread number %u cannot be recorded: %s [iothread-number]",
			    turnstile.loop_count, strerror(-error));
	return turnstile.loop_count++;
}

bool turnstile_main_loop_alone(void)
{
	return turnstile.loop_count == 1;
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
	turnstile.has_vcpu = true;
	turnstile.no_guest = false;
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
	if (turnstile.no_guest || turnstile.loop_count == 1)
		return;
	turnstile_lock();
	turnstile.no_guest = true;
	real.pthread_cond_broadcast(&turnstile.loops_cond);
	turnstile_unlock();
}

/* ---- the watch ---- */

uint64_t turnstile_progress(void)
{
	return turnstile.turns + turnstile_slices() + gate_progress() + tickets_taken() + tape_progress();
}

bool turnstile_stuck(void)
{
	return (turnstile.wanting && turnstile.running == GUEST) || turnstile.leaving_nested || gate_is_publishing();
}

void turnstile_give_up(void)
{
	turnstile_lock();
	if (recording())
		tape_give_up("nothing went on");
	config.mode = MODE_OFF;
	turnstile.loan = NULL;
	gate_open();
	for (unsigned i = 0; i < turnstile.loop_count; i++)
		turnstile_wake(i);
	real.pthread_cond_broadcast(&turnstile.loops_cond);
	real.pthread_cond_broadcast(&turnstile.vcpu_cond);
	gate_wake();
	job_wake();
	rcu_wake();
	vnc_wake();
	turnstile_unlock();
}
