/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stop.c - where a replayed guest is held, and how it goes on as if it had not been. Who calls what: stop.h.
 *
 * A stop inside a slice cuts it in two, and its second part is no slice start of the recording's: no turn starts there, and
 * it ends where the whole would have ended. So it is made as a breakpoint, which leaves the vCPU its place in the emulator's
 * round; a slice that is only made shorter would pass it on to the next one. To come to an instruction, each one on the
 * way there is such a breakpoint (a walk): a step of gdb's, or with several vCPUs the rest of the slice to RRIO_UNTIL. With
 * one vCPU nobody is next, and the slice may be shorter. The last instruction of a slice is none of ours: it ends there.
 * A slice that is over at a breakpoint's instruction (a doorbell has rung in it) gets an empty one, which passes it on.
 */
#include "stop.h"

#include <inttypes.h>
#include <stdatomic.h>

#include "../hooks/emulator.h"
#include "../hooks/sight.h"
#include "config.h"
#include "live.h"
#include "message.h"
#include "self.h"
#include "tape.h"
#include "until.h"

static struct {
	_Atomic bool asked, holds;
	bool stays;
	bool state_ours;   /* the run state is one that we have set */
	bool begun;	   /* the machine is complete, and the emulator goes round */
	void *step;	   /* that vCPU's next instruction is to be its last for now */
	int64_t step_from; /* it has begun there; -1: not yet */
	void *walks;	   /* this vCPU stops at each instruction */
	int64_t share;	   /* of each vCPU in a round; 0: of a version that shares nothing */
	int64_t slice_end; /* where the slice that runs would end without us */
	_Atomic bool ended; /* it ends here, whatever we do: since it was to start, somebody has kicked the vCPUs */
	const pthread_cond_t *kick;
	bool empty;	   /* it is one of ours, and has no instruction */
	void *rest;	   /* the next slice of this vCPU is the rest of one */
} stop = { .step_from = -1 };

bool stop_holds(void)
{
	return stop.holds;
}

void stop_ask(void)
{
	stop.asked = true;
}

void stop_go(void *step)
{
	stop.stays = false;
	stop.step = step;
	stop.step_from = -1;
}

void stop_stay(void)
{
	stop.stays = true;
	if (!emu.runstate_check(STATE_RUNNING))
		return;
	/* Nothing but who looks sees this state. */
	emu.runstate_set(STATE_PAUSED);
	stop.state_ours = true;
}

static void go(void)
{
	if (stop.state_ours)
		emu.runstate_set(STATE_RUNNING);
	stop.state_ours = false;
}

bool stop_stays(void)
{
	return stop.stays;
}

/* ---- holding ---- */

/* Serves whoever looks until the guest may go on. What the emulator does meanwhile is no party's doing: self.inside. */
static void hold(enum stop_reason reason, void *cpu)
{
	bool locked = emu.bql_locked();

	self.inside = true;
	if (!locked)
		emu.bql_lock(__FILE__, __LINE__);
	stop.holds = true;
	stop.asked = false;
	if (reason == STOP_PLACE)
		until_pass();
	sight_open();
	if (reason != STOP_ASKED) {
		stop_stay();
		stop.step = NULL;
	}
	live_serve(reason, cpu);
	go();
	sight_close();
	stop.holds = false;
	if (!locked)
		emu.bql_unlock();
	self.inside = false;
}

/* Has the vCPU whose step was wanted come to the next instruction? */
static bool stepped(int64_t icount)
{
	return stop.step && stop.step_from >= 0 && icount > stop.step_from;
}

static enum stop_reason reason_at(int64_t icount)
{
	if (stepped(icount))
		return STOP_STEP;
	if (until_reached(icount))
		return STOP_PLACE;
	return stop.asked ? STOP_ASKED : STOP_NONE;
}

static void look(int64_t icount)
{
	enum stop_reason reason = reason_at(icount);

	if (reason)
		hold(reason, emulator_current_cpu());
}

static void end_walk(void)
{
	if (stop.walks)
		emu.single_step(stop.walks, 0);
	stop.walks = NULL;
}

/* It has ended by itself. A vCPU that had nothing to do has made no step. */
static void slice_over(int64_t icount)
{
	end_walk();
	if (icount == stop.step_from)
		stop.step_from = -1;
}

static void begin(void)
{
	stop.begun = true;
	if (until_icount < INT64_MAX)
		return;
	self.inside = true;
	live_start();
	self.inside = false;
}

/* After each slice, without the BQL, and with it where the emulator goes round. */
static void between(void)
{
	int64_t icount;

	if (self.role != THREAD_VCPU || self.inside || config.mode == MODE_OFF)
		return;
	icount = emu.icount_raw();
	if (!stop.begun)
		begin();
	if (!emu.bql_locked()) {
		stop.empty = false;
		if (stop.walks)
			return; /* whether it has come to a breakpoint is not known yet */
	}
	slice_over(icount);
	look(icount);
}

/* A breakpoint or a watchpoint; or one more instruction of a walk. */
static void breakpoint(void *cpu)
{
	int64_t icount = emu.icount_raw();
	bool walked = stop.walks == cpu;

	if (config.mode == MODE_OFF)
		return;
	end_walk();
	if (stop.ended)
		stop.slice_end = icount;
	if (walked && stop.step == cpu && icount > stop.step_from)
		hold(STOP_STEP, cpu);
	else if (!walked)
		hold(STOP_BREAK, cpu);
	else if (until_reached(icount))
		hold(STOP_PLACE, cpu);
	stop.rest = cpu;
}

void stop_idle(int64_t icount)
{
	stop.rest = NULL;
	if (stop.begun)
		look(icount);
}

/* ---- slices ---- */

bool stop_is_rest(int64_t icount)
{
	stop.ended = false;
	/* A walk whose slice has ended by itself: no breakpoint was told of. */
	if (stop.walks) {
		slice_over(icount);
		look(icount);
	}
	if (stop.rest != emulator_current_cpu())
		stop.rest = NULL;
	return stop.rest;
}

void stop_bell(void)
{
	stop.ended = true;
}

void stop_learn_kick(const pthread_cond_t *cond)
{
	stop.kick = cond;
}

void stop_signals(const pthread_cond_t *cond)
{
	if (cond == stop.kick && self_is_party())
		stop.ended = true;
}

bool stop_is_empty(void)
{
	return stop.empty;
}

/* Does this vCPU stop at its next instruction, which is not its slice's last one? */
static bool has_to_walk(const void *cpu, int64_t icount)
{
	bool to_place = until_icount > icount && until_icount < stop.slice_end && emu.get_cpu(1);

	return stop.slice_end - icount > 1 && (stop.step == cpu || to_place);
}

/*
 * accel/tcg/tcg-accel-ops-icount.c:icount_percpu_budget, 8.1 to 11.0. After a stop it goes round although the round is not
 * over: those that are left keep their shares, and what is returned is no less.
 */
int64_t stop_share(int64_t budget)
{
	int count = 0;

	while (emu.get_cpu(count))
		count++;
	if (stop.rest)
		return INT32_MAX * (int64_t)count;
	stop.share = budget < count ? budget : budget / count;
	return budget;
}

int64_t stop_cut(int64_t icount, int64_t budget)
{
	void *cpu = emulator_current_cpu();
	bool is_rest = stop.rest;

	if (stop.share && stop.share < budget)
		budget = stop.share;
	if (!is_rest)
		stop.slice_end = icount + budget;
	stop.rest = NULL;
	stop.empty = is_rest && stop.slice_end == icount;
	if (stop.step == cpu)
		stop.step_from = icount;
	if (has_to_walk(cpu, icount)) {
		stop.walks = cpu;
		emu.single_step(cpu, SINGLE_STEP);
	} else if (until_icount > icount && until_icount < stop.slice_end) {
		return until_icount - icount;
	}
	return stop.slice_end - icount;
}

void stop_init(void)
{
	static const struct sight_calls calls = { between, breakpoint };
	const char *missing;

	if (!config.looks)
		return;
	missing = sight_install(&calls);
	if (missing)
		message_end(STATUS_UNSUPPORTED,
			    "this emulator can be replayed, but not be looked at: %s is not there as rrio expects it; replay "
			    "without --gdb and --monitor [looks-missing]",
			    missing);
	live_init();
}
