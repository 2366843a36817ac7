/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch.c - the thread that notices when nothing goes on any more. What it does then: watch.h.
 *
 * It reads counters without a lock: what it waits for may be the lock. It takes it only to give a recording up, where
 * whoever waits has released it. It blocks all signals, and has no role.
 */
#include "watch.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../hooks/emulator.h"
#include "config.h"
#include "diverge.h"
#include "engine.h"
#include "files.h"
#include "gate.h"
#include "message.h"
#include "place.h"
#include "self.h"
#include "speed.h"
#include "stop.h"
#include "tape.h"
#include "turnstile.h"

enum {
	LOOKS = SPEED_LOOKS, /* a second */
	/* So many seconds a report may take before the process ends without it. */
	REPORT = 5,
	RUN_STATE_DEBUG = 0, /* qapi/run-state.json: stopped by a debugger, 7.2 to 11.0 */
};

static void rest(void)
{
	const struct timespec look = { .tv_nsec = 1000000000 / LOOKS };

	nanosleep(&look, NULL);
}

static bool in_debugger(void)
{
	return stop_holds() || (emu.runstate_check && emu.runstate_check(RUN_STATE_DEBUG));
}

/* ---- a replay ---- */

static _Noreturn void request_missing(uint64_t ticket, int64_t icount)
{
	const struct rrj_request *then = tape_expected(ticket);
	const char *file = then ? file_recorded_name(then->file) : "unknown";
	char what[512] = "";

	if (then)
		snprintf(what, sizeof(what), " (%s of %s, offset %" PRIu64 ", %" PRIu64 " bytes)",
			 rrj_op_name(then->op), file, then->offset, then->length);
	diverge_hangs(&(struct divergence){ .id = "hang-request", .icount = icount, .request = then, .file = file },
		      "turn %" PRIu64 " waits for request %" PRIu64
		      "%s, which does not come to its end: for %u s nothing has happened (RRIO_PATIENCE)",
		      tape_turns(), ticket, what, config.patience);
}

static _Noreturn void place_missing(int64_t icount)
{
	const struct rrj_turn *next = tape_place();
	bool turn = tape_next() == TAPE_TURN;
	char where[128];
	struct divergence divergence = {
		.id = "hang-place",
		.icount = icount,
		.differences = { { .what = "kind", .expected_text = turn ? rrj_kind_name(next->kind) : "end" },
				 NUMBERS("icount", next->icount, icount),
				 { .what = "loop", .expected = next->loop } },
	};

	place_describe(where, sizeof(where));
	divergence.differences[0].actual_text = where;
	diverge_hangs(&divergence,
		      "the next %s is of kind %s at %" PRId64 " (loop %" PRIu32
		      "), and the guest does not get there: %s; "
		      "for %u s nothing has happened (RRIO_PATIENCE)",
		      turn ? "turn" : "event", turn ? rrj_kind_name(next->kind) : "end", next->icount, next->loop,
		      where, config.patience);
}

static _Noreturn void end_replay(void)
{
	uint64_t ticket = gate_awaited();
	int64_t icount = emu.icount_raw();

	if (ticket)
		request_missing(ticket, icount);
	place_missing(icount);
}

/* ---- a recording ---- */

static void give_up(void)
{
	char cause[80];

	snprintf(cause, sizeof(cause), "a turn could not start for %u s (RRIO_PATIENCE)", config.patience);
	turnstile_give_up(cause);
}

/* ---- both ---- */

static void *watch(void *unused)
{
	unsigned looks = 0, ending = 0;
	uint64_t done = 0;

	(void)unused;
	while (config.mode != MODE_OFF) {
		uint64_t now = turnstile_progress();

		rest();
		speed_show();
		if (diverge_ending() && ++ending > REPORT * LOOKS)
			_exit(STATUS_FINDING);
		looks = now == done && !in_debugger() && (replaying() || turnstile_stuck()) ? looks + 1 : 0;
		done = now;
		if (!config.patience || looks < config.patience * LOOKS || diverge_ending())
			continue;
		if (replaying())
			end_replay();
		if (recording())
			give_up();
	}
	return NULL;
}

void watch_start(void)
{
	static atomic_flag started = ATOMIC_FLAG_INIT;
	bool inside = self.inside;
	pthread_t thread;
	int error;

	if (config.mode == MODE_OFF || atomic_flag_test_and_set(&started))
		return;
	self.inside = true;
	error = engine_thread(&thread, watch, NULL);
	if (error)
		message(MODULE_MAIN, MESSAGE_WARN, "nobody watches for hangs: %s; the guest goes on [no-watch]",
			strerror(-error));
	else
		pthread_detach(thread);
	self.inside = inside;
}
