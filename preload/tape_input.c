/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tape_input.c - the journal's inputs: what came from the host, or from outside, between turns and in them.
 *
 * Main thread, vCPU thread and iothreads, never two at once: whoever holds the turn. Replay has a reader for them,
 * which never goes past the turn that has started. A difference ends the process (compare.h).
 */
#include "tape_input.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "compare.h"
#include "config.h"
#include "self.h"
#include "trail.h"
#include "turnstile.h"

static struct {
	struct rrj_reader *reader;
	struct rrj_record next; /* when have_next */
	bool have_next;
	uint64_t turn; /* the last one that the reader has passed */
	_Atomic uint64_t count;
} inputs;

void tape_follow_inputs(struct rrj_reader *reader)
{
	inputs.reader = reader;
}

uint64_t tape_inputs(void)
{
	return inputs.count;
}

static void begin(void)
{
	turnstile_lock();
	self.inside = true;
}

static void end(void)
{
	self.inside = false;
	turnstile_unlock();
}

/* (locked) The next input before the next turn, or NULL. */
static const struct rrj_input *find(void)
{
	struct rrj_record record;

	while (!inputs.have_next) {
		if (inputs.turn > tape_turns() || !tape_read(inputs.reader, &record))
			return NULL;
		if (record.type == RRJ_TURN)
			inputs.turn = record.turn.seq;
		inputs.have_next = record.type == RRJ_INPUT;
		inputs.next = record;
	}
	return inputs.turn <= tape_turns() ? &inputs.next.input : NULL;
}

/* (locked) Counts it, with where it is now. */
static void taken(const struct rrj_input *input, int64_t icount)
{
	struct rrj_input here = *input;

	here.icount = icount;
	trail_input(&here);
	inputs.count++;
}

/* (locked) Replay: the input that is asked for now; one that does not fit ends the process. */
static const struct rrj_input *follow(const struct rrj_input *now)
{
	const struct rrj_input *then = find();

	if (!then && tape_next() == TAPE_EARLY)
		tape_ends_early(now->icount);
	compare_input(then, now);
	inputs.have_next = false;
	return then;
}

/* (locked) Record. */
static void give(const struct rrj_input *input, bool now)
{
	tape_append(&(struct rrj_record){ .type = RRJ_INPUT, .input = *input });
	if (now)
		tape_write();
}

void tape_input(enum rrj_source source, void *data, size_t size)
{
	struct rrj_input input = { .source = source, .data = data, .size = size, .icount = turnstile_icount() };

	begin();
	if (recording())
		give(&input, true);
	else
		memcpy(data, follow(&input)->data, size);
	taken(&input, input.icount);
	end();
}

void tape_give(enum rrj_source source, const void *data, size_t size, bool now)
{
	const struct rrj_input input = { .source = source, .data = data, .size = size, .icount = turnstile_icount() };

	begin();
	give(&input, now);
	taken(&input, input.icount);
	end();
}

const struct rrj_input *tape_look(void)
{
	const struct rrj_input *next;

	begin();
	next = find();
	end();
	return next;
}

const struct rrj_input *tape_take(enum rrj_source source)
{
	struct rrj_input now = { .source = source, .size = COMPARE_ANY_SIZE, .icount = turnstile_icount() };
	const struct rrj_input *then;

	begin();
	then = follow(&now);
	taken(then, now.icount);
	end();
	return then;
}

bool tape_has_input(enum rrj_source source)
{
	const struct rrj_input *next = tape_look();

	return next && next->source == source;
}

/* ---- results of the kernel's ---- */

static int64_t noted_result(enum rrj_source source, int64_t result)
{
	int64_t value = result < 0 ? -errno : result;

	tape_input(source, &value, sizeof(value));
	return value;
}

/* As the kernel's functions return it. */
static int64_t returned(int64_t value)
{
	if (value >= 0)
		return value;
	errno = (int)-value;
	return -1;
}

int64_t tape_result(enum rrj_source source, int64_t result, void *data)
{
	int64_t value = noted_result(source, result);

	if (data && value > 0)
		tape_input(source, data, (size_t)value);
	return returned(value);
}

int64_t tape_result_of(enum rrj_source source, int64_t result, void *data, size_t size)
{
	int64_t value = noted_result(source, result);

	if (size && value >= 0)
		tape_input(source, data, size);
	return returned(value);
}
