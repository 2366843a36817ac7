// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * range.c - ranges as words: "1.2G..1.3G", "r120+-500k", "t5..", "end-20". One thread; no allocation.
 */
#include "range.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "quantity.h"

/* More than can be in flight at a time: so far apart no two requests are released in another order. */
enum { IN_FLIGHT = 1 << 16 };

#define PLACES "instructions (1.2G), request r17, turn t5, host time (1.5s), start, end"

/* ---- points ---- */

static bool is_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	return !strncmp(text, word, n) && !isalnum((unsigned char)text[n]);
}

static void bound_of(struct bound *bound, enum unit unit, int64_t value)
{
	bound->at = unit == UNIT_TIME	    ? AT_TIME
		    : unit == UNIT_REQUESTS ? AT_TICKET
		    : unit == UNIT_TURNS    ? AT_TURN
					    : AT_ICOUNT;
	bound->value = value;
}

/* Returns how many characters it took, 0: none is a place. */
static size_t read_point(const char *text, struct bound *bound)
{
	enum unit unit;
	size_t used;

	*bound = (struct bound){ NO_BOUND, 0 };
	if (is_word(text, "end"))
		return 3;
	if (is_word(text, "start"))
		return 5;
	if ((*text == 'r' || *text == 't') && isdigit((unsigned char)text[1])) {
		used = quantity_read(text + 1, UNIT_COUNT, &bound->value, &unit);
		bound->at = *text == 'r' ? AT_TICKET : AT_TURN;
		return used && unit == UNIT_COUNT ? 1 + used : 0;
	}
	used = quantity_read(text, UNIT_INSNS, &bound->value, &unit);
	bound_of(bound, unit, bound->value);
	return used;
}

static enum status no_point(const char *word, size_t at)
{
	return say_at(word, at, "no place in a recording starts here; there are: " PLACES);
}

/* ---- places that the recording knows ---- */

/* Where that request or turn is. */
static bool look_up(struct view *view, const struct bound *bound, struct event *found)
{
	bool is_there = false;

	view_seek_turn(view, bound->at == AT_TURN ? (uint64_t)bound->value : 0);
	while (!is_there && view_next(view)) {
		const struct rrj_record *record = &view->event.record;

		is_there = bound->at == AT_TURN
				   ? record->type == RRJ_TURN && record->turn.seq == (uint64_t)bound->value
				   : record->type == RRJ_REQUEST && record->request.ticket == (uint64_t)bound->value;
	}
	*found = view->event;
	view_seek_turn(view, 0);
	return is_there;
}

static void look_at_end(struct view *view, struct event *found)
{
	view_seek_icount(view, INT64_MAX);
	while (view_next(view))
		;
	*found = view->event;
	view_seek_turn(view, 0);
}

static int64_t place_of(const struct event *event, enum unit unit)
{
	return unit == UNIT_TIME ? event->time_ns : unit == UNIT_TURNS ? (int64_t)event->turn.seq : event->icount;
}

/* POINT+-DISTANCE. */
static enum status around(struct range *range, const char *word, size_t at, const struct bound *point,
			  struct view *view)
{
	struct event event = { .icount = 0 };
	int64_t distance, middle = point->value;
	enum unit unit;
	size_t used = quantity_read(word + at, UNIT_INSNS, &distance, &unit);
	struct bound same;

	if (!used || word[at + used])
		return say_at(word, at + used,
			      "a distance is a number of instructions (500k), host time (5ms), turns (3t) "
			      "or requests (3r)");
	bound_of(&same, unit, 0);
	if (point->at == NO_BOUND)
		return say_at(word, 0, "+- goes around a place; from an end of the recording there is end-20");
	if (same.at != point->at) {
		if (point->at != AT_TICKET && point->at != AT_TURN)
			return say_at(word, at, "this distance is not of the place's kind; around instructions: 500k");
		if (unit == UNIT_REQUESTS)
			return say_at(word, at, "a distance in requests is around a request: r17+-3r");
		if (!look_up(view, point, &event))
			return say_at(word, 0, "there is no such place in this recording");
		middle = place_of(&event, unit);
	}
	range->from = (struct bound){ same.at, middle > distance ? middle - distance : 0 };
	range->to = (struct bound){ same.at, middle < INT64_MAX - distance ? middle + distance : INT64_MAX };
	return FINE;
}

/* end-DISTANCE: without a unit so many records. */
static enum status before_end(struct range *range, const char *word, struct view *view)
{
	struct event end;
	int64_t distance;
	enum unit unit;
	size_t used = quantity_read(word + 4, UNIT_COUNT, &distance, &unit);

	if (!used || word[4 + used] || unit == UNIT_REQUESTS)
		return say_at(word, 4 + used,
			      "end-20 is the last 20 records, end-1s the last second, end-5Mi the last five "
			      "million instructions, end-3t the last three turns");
	if (unit == UNIT_COUNT) {
		range->last = distance ? (uint64_t)distance : 1;
		return FINE;
	}
	look_at_end(view, &end);
	bound_of(&range->from, unit, place_of(&end, unit) - distance);
	return FINE;
}

/* ---- words ---- */

static enum status two_points(struct range *range, const char *word, const char *dots)
{
	size_t second = (size_t)(dots - word) + 2, used;

	if (dots > word) {
		used = read_point(word, &range->from);
		if (!used || word + used != dots)
			return no_point(word, used);
	}
	if (word[second]) {
		used = read_point(word + second, &range->to);
		if (!used || word[second + used])
			return no_point(word, second + used);
	}
	if (is_word(word, "end"))
		return say_at(word, 0, "nothing is behind the end; the last records are end-20");
	if (range->from.at == range->to.at && range->to.value < range->from.value)
		return say_at(word, second, "the range would end before it begins");
	return FINE;
}

enum status range_read(struct range *range, const char *word, struct view *view)
{
	const char *dots = strstr(word, ".."), *sign = strstr(word, "+-");
	size_t used;

	*range = (struct range){ 0 };
	if (!strncmp(word, "end-", 4))
		return before_end(range, word, view);
	if (dots)
		return two_points(range, word, dots);
	used = read_point(word, &range->from);
	if (!used || (word[used] && word + used != sign))
		return no_point(word, used);
	if (sign)
		return around(range, word, used + 2, &range->from, view);
	if (range->from.at == AT_TIME || range->from.at == NO_BOUND)
		return say_at(word, used, "one point in time holds nothing; go on with .. or +-5ms");
	range->to = range->from;
	return FINE;
}

/* ---- records ---- */

static bool place_in(const struct event *event, int at, int64_t *place)
{
	*place = at == AT_TIME ? event->time_ns : at == AT_TURN ? (int64_t)event->turn.seq : event->icount;
	if (at == AT_TICKET)
		*place = (int64_t)event->record.request.ticket;
	return at != AT_TICKET || event->record.type == RRJ_REQUEST;
}

bool range_has(const struct range *range, const struct event *event)
{
	int64_t place;

	if (range->from.at != NO_BOUND && (!place_in(event, range->from.at, &place) || place < range->from.value))
		return false;
	return range->to.at == NO_BOUND || (place_in(event, range->to.at, &place) && place <= range->to.value);
}

bool range_is_past(const struct range *range, const struct event *event)
{
	int64_t place;

	if (range->to.at == NO_BOUND || !place_in(event, range->to.at, &place))
		return false;
	return range->to.at == AT_TICKET ? place - IN_FLIGHT > range->to.value : place > range->to.value;
}
