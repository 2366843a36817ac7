/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * turnstile.c - the main loop and the vCPU thread never run at the same time.
 *
 * Entered by the main thread (its polls, its waits) and by the vCPU thread (slice starts, the BQL, its idle wait). A
 * place is where the vCPU thread can be stopped and replay can find again; the main loop's turn starts when the vCPU
 * thread is parked at one. Recording parks there when the main loop wants a turn, replay where the journal says so:
 * chosen() is the only difference between them.
 *
 * Lock order: BQL, the pool's lock, this one. Nothing here fails; a difference in replay ends the process.
 */
#include "turnstile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../hooks/emulator.h"
#include "clock.h"
#include "config.h"
#include "gate.h"
#include "interpose.h"
#include "job.h"
#include "message.h"
#include "self.h"
#include "signals.h"
#include "tape.h"

enum {
	/*
	 * Slices end at multiples of GRID instructions, which bounds how long the main loop waits for a turn; of FINE
	 * while it probably wants one: requests are in flight, or its doorbell has rung. Recording and replay thus make
	 * the same slices and blocks, several vCPUs take turns alike, and nothing has to interrupt a slice from
	 * outside. Each such end cuts a translation block in two, so the grid is as coarse as it may be.
	 */
	GRID = 1000000,
	FINE = 50000,
	/*
	 * A stall: the vCPU thread has taken the BQL so often without starting a slice, and then so often at one
	 * instruction count since the last turn, that nothing changes there any more (once for an I/O instruction,
	 * once for the slice's end, once before its timers ran). Then it can be parked where it takes the BQL. A turn
	 * changes something, so it starts the count anew: else recording and replay could park in different passes.
	 */
	STALL_LOCKS = 8,
	/* Replay: so often, that the recorded turn cannot be at another place. */
	STALL_HOPELESS = 10000,
	/*
	 * Recording, with sleep=off: how long an idle guest's requests may take before its time leaps once more. Without
	 * it, minutes would pass for the guest in a second of the host's, and its drivers would see timeouts.
	 */
	LEAP_MS = 1000,
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t main_cond = PTHREAD_COND_INITIALIZER; /* the main thread waits for a place */
static pthread_cond_t vcpu_cond = PTHREAD_COND_INITIALIZER; /* the vCPU thread waits for the turn's end, or a loan */
static int wake_fd = -1;

static _Atomic bool main_owns = true; /* the main loop holds the turn; else the vCPU thread runs */
static _Atomic bool wanted;	      /* recording: the main loop has something to do */
static _Atomic int64_t next_icount;   /* replay: of tape_place(), readable without the lock */
static bool has_vcpu, guest_leaps;
static uint64_t turns, loans;
static const pthread_cond_t
	*_Atomic loan;	     /* what the main thread waits for inside its turn, meanwhile the vCPU thread runs */
static enum rrj_kind parked; /* 0: not at a place */
static int64_t place;
static int64_t turn_icount; /* of the last turn that the main loop has started */

/* The vCPU thread's own. */
static struct {
	int64_t last_start; /* instruction count of the last slice start */
	uint64_t bell_turn; /* turns when the doorbell rang last */
	unsigned locks;	    /* of the BQL since the last slice start */
	int64_t stall_icount;
	uint64_t stall_turn;
	unsigned stall_times;
	uint64_t slices;
} vcpu = { .last_start = -1, .bell_turn = UINT64_MAX, .stall_icount = -1 };

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
	return real.pthread_cond_timedwait(cond, &lock, until);
}

int turnstile_init(bool leaps)
{
	guest_leaps = leaps;
	wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return wake_fd < 0 ? -errno : 0;
}

int turnstile_wake_fd(void)
{
	return wake_fd;
}

void turnstile_wake(void)
{
	uint64_t one = 1;
	int saved = errno;

	if (real.write(wake_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		message(MODULE_TURNSTILE, MESSAGE_ERROR, "the main loop cannot be woken: %s", strerror(errno));
	errno = saved;
}

static void wake_taken(void)
{
	uint64_t count;

	while (real.read(wake_fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}

void turnstile_vcpu_created(void)
{
	has_vcpu = true;
}

bool turnstile_has_vcpu(void)
{
	return has_vcpu;
}

uint64_t turnstile_slices(void)
{
	return vcpu.slices;
}

int64_t turnstile_icount(void)
{
	/* In the main loop's turn the guest stands where the turn started. */
	if (self.role == THREAD_MAIN && turns)
		return turn_icount;
	return emu.icount_raw();
}

/* ---- places ---- */

/* Does a turn of the main loop start at this place? (locked, or a first look without the lock) */
static bool chosen(enum rrj_kind kind, int64_t icount)
{
	if (recording())
		return wanted;
	return tape_next() == TAPE_TURN && tape_place()->kind == kind && tape_place()->icount == icount;
}

/* Replay: the vCPU thread has come past the next turn's place. */
static void check_passed(enum rrj_kind kind, int64_t icount)
{
	const struct rrj_turn *next = tape_place();

	if (!replaying() || tape_next() == TAPE_EARLY)
		return;
	if (icount > next->icount)
		tape_diverged(icount, "the guest is at a %s, past the next %s at %" PRId64, rrj_kind_name(kind),
			      tape_next() == TAPE_END ? "end" : rrj_kind_name(next->kind), next->icount);
	if (kind == RRJ_IDLE && !chosen(kind, icount))
		tape_diverged(icount, "the guest is idle, the next %s is at %" PRId64,
			      tape_next() == TAPE_END ? "end" : rrj_kind_name(next->kind), next->icount);
}

/* (locked) Waits until a turn has been taken, or the main loop lends its turn. */
static void park(enum rrj_kind kind, int64_t icount)
{
	uint64_t turn = turns, lent = loans;

	parked = kind;
	place = icount;
	real.pthread_cond_signal(&main_cond);
	while (turns == turn && loans == lent)
		turnstile_wait(&vcpu_cond);
}

/* (locked) The vCPU thread goes on. It is no longer parked, even if it has not woken up yet. */
static void let_vcpu_run(void)
{
	parked = 0;
	main_owns = false;
	real.pthread_cond_signal(&vcpu_cond);
}

/* (locked) The main loop is in its turn: not now. */
static void wait_for_turn_end(void)
{
	while (main_owns)
		turnstile_wait(&vcpu_cond);
}

static void look(enum rrj_kind kind, int64_t icount)
{
	turnstile_lock();
	wait_for_turn_end();
	check_passed(kind, icount);
	if (!loan && chosen(kind, icount))
		park(kind, icount);
	turnstile_unlock();
}

static int64_t slice_limit(int64_t icount)
{
	int64_t grid = gate_in_flight() || vcpu.bell_turn == turns ? FINE : GRID;
	int64_t limit = grid - icount % grid, next = atomic_load_explicit(&next_icount, memory_order_relaxed);

	/* Only a slice start may have to be made: the guest comes to the other kinds by itself. */
	if (replaying() && next > icount && next - icount < limit && tape_next() == TAPE_TURN &&
	    tape_place()->kind == RRJ_SLICE)
		limit = next - icount;
	return limit;
}

int64_t turnstile_slice(int64_t icount)
{
	/* A later slice start at the same count may lie after an interrupt was accepted. */
	bool first = icount != vcpu.last_start;

	vcpu.slices++;
	vcpu.locks = 0;
	vcpu.last_start = icount;
	if (main_owns || (first && (recording() ? wanted : next_icount <= icount))) {
		if (first)
			look(RRJ_SLICE, icount);
		else {
			turnstile_lock();
			wait_for_turn_end();
			turnstile_unlock();
		}
	}
	return slice_limit(icount);
}

static void look_for_stall(void)
{
	int64_t icount = emu.icount_raw();

	if (icount != vcpu.stall_icount || turns != vcpu.stall_turn) {
		vcpu.stall_icount = icount;
		vcpu.stall_turn = turns;
		vcpu.stall_times = 0;
	}
	if (++vcpu.stall_times < STALL_LOCKS || emulator_deadline() != 0)
		return;
	look(RRJ_STALL, icount);
	if (replaying() && vcpu.stall_times == STALL_HOPELESS)
		tape_diverged(icount, "the guest waits for a timer, the next %s is at %" PRId64,
			      tape_next() == TAPE_TURN ? rrj_kind_name(tape_place()->kind) : "end",
			      tape_place()->icount);
}

void turnstile_before_bql(void)
{
	if (main_owns) {
		turnstile_lock();
		wait_for_turn_end();
		turnstile_unlock();
	}
	if (++vcpu.locks > STALL_LOCKS)
		look_for_stall();
}

void turnstile_idle(pthread_mutex_t *bql)
{
	int64_t icount = emu.icount_raw();

	/* Ours first: between the two, a turn could end without waking us. */
	turnstile_lock();
	real.pthread_mutex_unlock(bql);
	if (!main_owns && !loan)
		check_passed(RRJ_IDLE, icount);
	park(RRJ_IDLE, icount);
	wait_for_turn_end();
	turnstile_unlock();
	real.pthread_mutex_lock(bql);
}

void turnstile_signals(const pthread_cond_t *cond)
{
	if (atomic_load_explicit(&loan, memory_order_relaxed) != cond)
		return;
	turnstile_lock();
	loan = NULL;
	main_owns = true;
	turnstile_unlock();
}

void turnstile_doorbell(void)
{
	void *cpu = emulator_current_cpu();

	/*
	 * Not while a timer is due: between slices QEMU writes too (qemu_clock_notify), and an exit request there would
	 * keep its loop from ever starting a slice.
	 */
	if (!cpu || emulator_deadline() == 0)
		return;
	vcpu.bell_turn = turns;
	emu.cpu_exit(cpu);
}

/* ---- turns ---- */

/* (locked) Jobs that no gate has held became visible to QEMU at no turn. */
static void note_ungated_jobs(void)
{
	static uint64_t noted;
	uint64_t now = job_ungated();

	if (now == noted)
		return;
	if (!noted) {
		message(MODULE_GATE, MESSAGE_WARN,
			"a job of the thread pool finished without a system call of its own, at guest instruction "
			"%" PRId64
			" (a compressed or encrypted image?); the guest goes on, its recording may not replay; "
			"rrio-inspect info shows it",
			turnstile_icount());
		tape_note("ungated-job",
			  "jobs of the thread pool finished without a system call (a compressed or encrypted "
			  "image?): their completions are not at a turn");
	}
	noted = now;
}

/*
 * (locked) The gate of a request that this turn releases. Whoever submits is here or stopped, so that a request which
 * has not been submitted by now never comes.
 */
static struct gate *await(uint64_t ticket, int64_t icount)
{
	bool comes = recording() || !job_pool_ready() || gate_expected(ticket);
	struct gate *gate = comes ? gate_await(ticket) : NULL;

	if (!gate)
		tape_diverged(icount, "request %" PRIu64 ", which the recording releases here, %s", ticket,
			      comes ? "has made no system call" : "has not been submitted");
	return gate;
}

/* (locked) A turn starts at this place: host time, and what it releases. */
static void take_turn(enum rrj_kind kind, int64_t icount)
{
	const struct tape_turn *turn;

	wake_taken();
	note_ungated_jobs();
	turn = tape_turn(kind, icount);
	clock_freeze(turn->head.mono_ns, turn->head.real_ns);
	for (uint32_t i = 0; i < turn->head.releases; i++) {
		struct gate_request done;

		gate_release(await(turn->requests[i].ticket, icount), &done);
		tape_released(i, &done);
	}
	tape_commit();
	next_icount = tape_place()->icount;
}

/* Replay (locked): the journal has no further turn for the main loop. */
static void check_early(void)
{
	if (!replaying() || tape_next() != TAPE_EARLY)
		return;
	fflush(NULL);
	message_end(0,
		    "the recording %s ends early, at guest instruction %" PRId64
		    ": everything until there has been replayed, and replay stops; rrio-inspect verify %s says more",
		    tape_dir(), turnstile_icount(), tape_dir());
}

static bool at_place(void)
{
	return parked && !main_owns && chosen(parked, place);
}

void turnstile_outer_poll(turnstile_host_poll *wait, void *poll)
{
	turnstile_lock();
	check_early();
	turns++;
	let_vcpu_run();
	turnstile_unlock();

	if (recording())
		wait(poll);

	turnstile_lock();
	wanted = true;
	while (!at_place())
		turnstile_wait(&main_cond);
	if (recording() && guest_leaps && parked == RRJ_IDLE)
		gate_give_time(LEAP_MS);
	wanted = false;
	main_owns = true;
	turn_icount = place;
	take_turn(parked, place);
	turnstile_unlock();
	signals_deliver();
}

void turnstile_nested_poll(turnstile_host_poll *wait, void *poll)
{
	if (recording())
		wait(poll);
	turnstile_lock();
	check_early();
	take_turn(RRJ_NESTED, turnstile_icount());
	/* The main loop may already wait for a further turn, and would not look again. */
	if (self.role == THREAD_VCPU)
		check_early();
	/* The main thread may be waiting for the place of what is next now. */
	real.pthread_cond_signal(&main_cond);
	turnstile_unlock();
}

int turnstile_lend(pthread_cond_t *cond, pthread_mutex_t *bql)
{
	int result;

	turnstile_lock();
	loan = cond;
	loans++;
	let_vcpu_run();
	turnstile_unlock();
	do
		result = real.pthread_cond_wait(cond, bql);
	while (result == 0 && loan);
	return result;
}
