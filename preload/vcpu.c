/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vcpu.c - the vCPU thread's side of the turnstile: where it can be stopped, and how long its slices are.
 *
 * Runs in the vCPU thread. Nothing here fails; a difference in replay ends the process.
 */
#include <inttypes.h>
#include <stdatomic.h>

#include "../hooks/emulator.h"
#include "bells.h"
#include "config.h"
#include "diverge.h"
#include "gate.h"
#include "interpose.h"
#include "message.h"
#include "place.h"
#include "stop.h"
#include "tape.h"
#include "ticket.h"
#include "trail.h"
#include "turnstile.h"
#include "until.h"

enum {
	/*
	 * Slices end at multiples of GRID instructions, which bounds how long a loop waits for a turn; of FINE while
	 * one probably wants one: requests are in flight, or its doorbell has rung. Recording and replay thus make the
	 * same slices and blocks, several vCPUs take turns alike, and nothing has to interrupt a slice from outside.
	 * Each such end cuts a translation block in two, so the grid is as coarse as it may be.
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
	/*
	 * An idle bottom half (ISA's DMA, while a floppy is written) wakes its loop each time it runs, so that a poll in
	 * a device access never asks the kernel and no request can end. After so many bells in one device access there
	 * is a turn, and it waits so long for a request. Any number that no other device access comes to will do.
	 */
	SPIN_BELLS = 64,
	SPIN_MS = 1000,
	/* Replay: so often, that the recorded turn cannot be at another place. */
	STALL_HOPELESS = 10000,
	/* A count may move that often before the first slice: once. */
	UNASKED = 2,
};

static struct {
	int64_t last_start; /* instruction count of the last slice start */
	uint64_t bell_turn; /* turns when the doorbell rang last */
	uint64_t bql_turn;  /* turns when it locked the BQL last */
	unsigned locks;	    /* of the BQL since the last slice start */
	unsigned bells;	    /* since it locked the BQL last */
	int64_t stall_icount;
	uint64_t stall_turn;
	unsigned stall_times;
	_Atomic uint64_t slices;
	int64_t grid, grid_end; /* the last slice's: a division costs more than all else here */
	int64_t unasked_icount; /* count at the last lock of the BQL, while no slice has started yet */
	unsigned unasked;	/* how often it had moved then */
	int64_t engine_icount;	/* where it made an engine last, and how many requests there had been */
	uint64_t engine_tickets;
	bool idles;		/* at an idle place, to which it has come between two turns */
} vcpu = { .last_start = -1, .bell_turn = UINT64_MAX, .bql_turn = UINT64_MAX, .stall_icount = -1, .engine_icount = -1 };

uint64_t turnstile_slices(void)
{
	return vcpu.slices;
}

/* Replay: the guest is here, and the next turn cannot be. */
static _Noreturn void elsewhere(const char *id, enum rrj_kind kind, int64_t icount, const char *why)
{
	const struct rrj_turn *next = tape_place();
	const char *what = tape_next() == TAPE_END ? "end" : rrj_kind_name(next->kind);

	diverged(&(struct divergence){ .id = id,
				       .icount = icount,
				       .kind = kind,
				       .differences = { TEXTS("kind", what, rrj_kind_name(kind)),
							NUMBERS("icount", next->icount, icount) },
				       .request = tape_expected(0) },
		 "the guest is at a %s, the next %s recorded is at %" PRId64 ": %s", rrj_kind_name(kind), what,
		 next->icount, why);
}

/* Replay: the vCPU thread has come past the next turn's place. */
static void check_passed(enum rrj_kind kind, int64_t icount)
{
	const struct rrj_turn *next = tape_place();

	if (!replaying() || tape_next() == TAPE_EARLY)
		return;
	if (icount > next->icount)
		elsewhere("diverged-past", kind, icount, "it has come past that");
	if (kind == RRJ_IDLE && !place_chosen(kind, icount))
		elsewhere("diverged-idle", kind, icount, "it waits for work, and nothing else brings it on");
}

static void wait_for_turn_end(void)
{
	turnstile_lock();
	place_wait_for_turn_end();
	turnstile_unlock();
}

static void look(enum rrj_kind kind, int64_t icount)
{
	turnstile_lock();
	place_wait_for_turn_end();
	check_passed(kind, icount);
	if (!place_on_loan() && place_chosen(kind, icount))
		place_park(kind, icount);
	place_wait_for_turn_end();
	turnstile_unlock();
}

static int64_t slice_limit(int64_t icount)
{
	int64_t grid = gate_in_flight() || vcpu.bell_turn == place_turns() ? FINE : GRID;
	int64_t limit, next = place_next_icount();

	if (grid != vcpu.grid || icount >= vcpu.grid_end) {
		vcpu.grid = grid;
		vcpu.grid_end = icount - icount % grid + grid;
	}
	limit = vcpu.grid_end - icount;
	/* Only a slice start may have to be made: the guest comes to the other kinds by itself. */
	if (replaying() && next > icount && next - icount < limit && tape_next() == TAPE_TURN &&
	    tape_place()->kind == RRJ_SLICE)
		limit = next - icount;
	return limit;
}

int64_t turnstile_slice(int64_t icount, bool *fresh)
{
	/* A later slice start at the same count may lie after an interrupt was accepted. */
	bool first = icount != vcpu.last_start;

	if (config.mode == MODE_OFF)
		return INT64_MAX;
	/* This thread alone counts; others read. */
	atomic_store_explicit(&vcpu.slices, atomic_load_explicit(&vcpu.slices, memory_order_relaxed) + 1,
			      memory_order_relaxed);
	vcpu.locks = 0;
	if (config.looks && stop_is_rest(icount)) {
		*fresh = false;
		return INT64_MAX;
	}
	vcpu.last_start = icount;
	until_check(icount);
	bells_pass(icount);
	if (first && (place_in_turn() || place_possible(icount)))
		look(RRJ_SLICE, icount);
	else if (place_in_turn())
		wait_for_turn_end();
	/* A turn that lends has not ended, and may have done anything. */
	*fresh = place_turns() == vcpu.bql_turn && !place_on_loan();
	return slice_limit(icount);
}

int64_t turnstile_cut(int64_t icount, int64_t budget)
{
	if (config.looks)
		return stop_cut(icount, budget);
	return until_icount > icount && until_icount - icount < budget ? until_icount - icount : budget;
}

static void look_for_stall(void)
{
	int64_t icount = emu.icount_raw();

	if (icount != vcpu.stall_icount || place_turns() != vcpu.stall_turn) {
		vcpu.stall_icount = icount;
		vcpu.stall_turn = place_turns();
		vcpu.stall_times = 0;
	}
	if (++vcpu.stall_times < STALL_LOCKS || emulator_deadline() != 0)
		return;
	bells_ring();
	look(RRJ_STALL, icount);
	if (replaying() && vcpu.stall_times == STALL_HOPELESS)
		elsewhere("diverged-stall", RRJ_STALL, icount, "it waits for a timer that only a turn runs");
}

/*
 * No slice was ever asked for: the count must stand still, but for a snapshot that is loaded at the start. An emulator
 * that runs its guest all the same does not call the function that was replaced (icount_round inlined, or another).
 */
static void check_asked(void)
{
	int64_t icount = emu.icount_raw();

	if (icount == vcpu.unasked_icount)
		return;
	vcpu.unasked_icount = icount;
	if (++vcpu.unasked < UNASKED)
		return;
	message_end(STATUS_UNSUPPORTED,
		    "this emulator cannot be recorded: it does not call its icount_round for the guest's slices; one that "
		    "is patched at source does: scripts/build-patched-qemu [icount-round-unasked]");
}

void turnstile_before_bql(void)
{
	if (config.mode == MODE_OFF) {
		bells_ring();
		return;
	}
	if (!atomic_load_explicit(&vcpu.slices, memory_order_relaxed))
		check_asked();
	if (place_in_turn())
		wait_for_turn_end();
	vcpu.bql_turn = place_turns();
	vcpu.bells = 0; /* a stall's passes ring too, and nobody counts those */
	if (++vcpu.locks > STALL_LOCKS)
		look_for_stall();
}

bool turnstile_guest_idles(void)
{
	return vcpu.idles;
}

void turnstile_idle(pthread_mutex_t *bql)
{
	int64_t icount = emu.icount_raw();

	until_check(icount);
	bells_ring();
	if (config.looks)
		stop_idle(icount);
	/* Ours first: between the two, a turn could end without waking us. */
	turnstile_lock();
	real.pthread_mutex_unlock(bql);
	if (!place_in_turn() && !place_on_loan()) {
		check_passed(RRJ_IDLE, icount);
		vcpu.idles = true;
	}
	place_park(RRJ_IDLE, icount);
	vcpu.idles = false;
	place_wait_for_turn_end();
	turnstile_unlock();
	real.pthread_mutex_lock(bql);
}

/* Recording: until a request has finished. */
static bool wait_for_request(void *unused, bool waits)
{
	struct pollfd one = { .fd = turnstile_wake_fd(), .events = POLLIN };
	const struct timespec time = { .tv_sec = SPIN_MS / 1000 }, none = { 0 };

	(void)unused;
	return real.ppoll(&one, 1, waits && gate_in_flight() ? &time : &none, NULL) > 0;
}

void turnstile_engine_made(void)
{
	if (!emulator_current_cpu())
		return;
	vcpu.engine_icount = emulator_icount();
	vcpu.engine_tickets = tickets_taken();
}

/*
 * QEMU 10 makes an engine when something is first submitted to it. Where that is depends on an address: with O_DIRECT a
 * read into a buffer on the stack, which IDE does at the start (hd-geometry.c:guess_disk_lchs), may go to the pool
 * instead (file-posix.c:raw_co_prw). What rings before that first submission is about the engine's descriptor.
 */
static bool makes_engine(int64_t icount)
{
	return icount == vcpu.engine_icount && tickets_taken() == vcpu.engine_tickets;
}

bool turnstile_bell_waits(int fd)
{
	return config.mode != MODE_OFF && emulator_current_cpu() && emulator_deadline() == 0 && bells_may_wait() &&
	       bells_put_off(fd, emulator_icount());
}

void turnstile_doorbell(void)
{
	void *cpu = emulator_current_cpu();
	int64_t icount;

	if (config.mode == MODE_OFF || !cpu || stop_is_empty())
		return;
	if (emu.bql_locked() && ++vcpu.bells % SPIN_BELLS == 0)
		turnstile_nested_poll(wait_for_request, NULL);
	/*
	 * Not while a timer is due: between slices QEMU writes too (qemu_clock_notify), and an exit request there would
	 * keep its loop from ever starting a slice.
	 */
	if (emulator_deadline() == 0)
		return;
	icount = emulator_icount();
	if (makes_engine(icount))
		return;
	vcpu.bell_turn = place_turns();
	stop_bell();
	trail_bell(icount);
	emu.cpu_exit(cpu);
}
