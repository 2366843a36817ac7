/* SPDX-License-Identifier: GPL-2.0-or-later */
/* until.c - RRIO_UNTIL: the place where a replay stops. Who calls what: until.h. A place that cannot be ends it with status 2. */
#include "until.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "message.h"
#include "tape.h"

enum until_kind { UNTIL_NONE, UNTIL_ICOUNT, UNTIL_REQUEST, UNTIL_TURN, UNTIL_END };

int64_t until_icount = INT64_MAX;

static struct {
	enum until_kind kind;
	int64_t wanted; /* instruction count, ticket or number of a turn */
	int64_t last;	/* the recording's last instruction count */
	uint64_t seq;	/* the turn before which the stop is; 0: any that is at that count or later */
} until;

/* What a place may begin with, before its number. */
static const struct word {
	const char *text;
	enum until_kind kind;
	bool is_whole;
} words[] = {
	{ "request:", UNTIL_REQUEST, true }, { "turn:", UNTIL_TURN, true }, { "r", UNTIL_REQUEST, true },
	{ "t", UNTIL_TURN, true },	     { "", UNTIL_ICOUNT, false },
};

/* A number, and for instructions a fraction and one of kMGT, as rrio-inspect has them. */
static bool take_number(const char *text, bool is_whole, int64_t *number)
{
	static const char letters[] = "kMGT";
	char *end;
	long double value;
	const char *letter;

	if (!isdigit((unsigned char)*text) || strlen(text) > 40 || strspn(text, "0123456789.kKMGTi") < strlen(text))
		return false;
	value = strtold(text, &end);
	letter = *end ? strchr(letters, *end == 'K' ? 'k' : *end) : NULL;
	if (is_whole && (*end || strchr(text, '.')))
		return false;
	for (long i = letter ? letter - letters : -1; i >= 0; i--)
		value *= 1000;
	end += letter != NULL;
	end += *end == 'i';
	*number = value >= 0x1p63L ? INT64_MAX : (int64_t)(value + 0.0000005L);
	return !*end;
}

bool until_take(const char *value)
{
	size_t i = 0;

	if (!strcmp(value, "end")) {
		until.kind = UNTIL_END;
		return true;
	}
	while (strncmp(value, words[i].text, strlen(words[i].text)) != 0)
		i++;
	until.kind = words[i].kind;
	return take_number(value + strlen(words[i].text), words[i].is_whole, &until.wanted);
}

bool until_is_set(void)
{
	return until.kind;
}

int64_t until_last(void)
{
	return until.last;
}

/* ---- looking it up ---- */

static void found(const struct rrj_turn *turn)
{
	until_icount = turn->icount;
	until.seq = turn->seq;
	/* In a device access nobody can look at the guest: the instruction before it is the last place. */
	if (turn->kind == RRJ_NESTED && config.looks) {
		until_icount = turn->icount > 0 ? turn->icount - 1 : 0;
		until.seq = 0;
	}
}

/* How far the recording goes, in the three ways in which a stop can be named. */
struct extent {
	uint64_t turns, requests;
};

static struct extent read_all(struct rrj_reader *reader)
{
	struct extent extent = { 0 };
	struct rrj_turn turn = { 0 };
	struct rrj_record record;

	rrj_seek_turn(reader, 0);
	while (rrj_next(reader, &record) > 0) {
		if (record.type == RRJ_TURN) {
			turn = record.turn;
			extent.turns = turn.seq;
			until.last = turn.icount;
			if (until.kind == UNTIL_TURN && turn.seq == (uint64_t)until.wanted)
				found(&turn);
		} else if (record.type == RRJ_REQUEST) {
			if (record.request.ticket > extent.requests)
				extent.requests = record.request.ticket;
			if (until.kind == UNTIL_REQUEST && record.request.ticket == (uint64_t)until.wanted)
				found(&turn);
		} else if (record.type == RRJ_END) {
			until.last = record.end.icount;
		}
	}
	return extent;
}

static _Noreturn void beyond(const char *dir, const struct extent *extent)
{
	const char *what = until.kind == UNTIL_REQUEST ? "request " : until.kind == UNTIL_TURN ? "turn " : "instruction ";

	message_end(STATUS_USAGE,
		    "there is no %s%" PRId64 " in the recording %s to stop at: it ends at instruction %" PRId64
		    ", with turn %" PRIu64 " and request %" PRIu64 "; rrio-inspect info %s says more [until-beyond]",
		    what, until.wanted, dir, until.last, extent->turns, extent->requests, dir);
}

void until_load(struct rrj_reader *reader, const char *dir)
{
	struct extent extent;

	if (!until.kind && !config.speed)
		return;
	extent = read_all(reader);
	/* The emulator ends there by itself; who looks at the guest wants to do so before. */
	if (until.kind == UNTIL_END && config.looks)
		until_icount = until.last;
	if (until.kind == UNTIL_ICOUNT && until.wanted <= until.last)
		until_icount = until.wanted;
	if (until.kind && until.kind != UNTIL_END && until_icount == INT64_MAX)
		beyond(dir, &extent);
}

/* ---- while the guest runs ---- */

bool until_is_here(int64_t icount)
{
	if (icount < until_icount)
		return false;
	return !until.seq || tape_next() != TAPE_TURN || tape_place()->seq >= until.seq;
}

void until_pass(void)
{
	until_icount = INT64_MAX;
}

static _Noreturn void end_here(int64_t icount)
{
	fflush(NULL);
	message_end(0,
		    "the replay of %s stops at guest instruction %" PRId64 ", after turn %" PRIu64
		    ", as --until says: everything until there is as recorded; rrio replay --until %" PRId64
		    " --gdb %s stops there for gdb [until]",
		    tape_dir(), icount, tape_turns(), icount, tape_dir());
}

void until_check(int64_t icount)
{
	if (__builtin_expect(icount >= until_icount, 0) && !until.seq && !config.looks)
		end_here(icount);
}

void until_check_turn(int64_t icount)
{
	if (until_reached(icount) && !config.looks)
		end_here(icount);
}
