// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * select.c - ranges and filters together, as journalctl combines them.
 *
 * Owns what it was made of, but for the words. One thread. A record is wanted when it is in any of the ranges and meets
 * a group of filters; groups are separated by "+". Of one field's "=" in a group one is enough, all else must hold.
 */
#include "select.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "range.h"

enum { MOST = 32 };

struct selection {
	struct range ranges[MOST];
	struct filter filters[MOST];
	int group[MOST]; /* of each filter */
	int range_count, filter_count, groups;
	uint64_t from_turn, skip; /* of the last records: where to start, and how many to pass by there */
};

bool select_looks_like(const char *word)
{
	bool is_place = (*word == 'r' || *word == 't') && isdigit((unsigned char)word[1]);

	return strpbrk(word, "=<>") || strstr(word, "..") || strstr(word, "+-") || !strcmp(word, "+") || is_place ||
	       isdigit((unsigned char)*word) || !strncmp(word, "end-", 4);
}

void select_help(void)
{
	puts("SELECTION, of dump, stats and export, is any of\n"
	     "  1.2G..1.3G  r17..r20  t5..  1.5s..2s   from one place to another: instructions, requests, turns,\n"
	     "                                         host time; also start, end\n"
	     "  r17  t5  r17+-500k  1.2G+-1M           one request, one turn; what is around\n"
	     "  end-20  end-1s  end-5Mi                the last records, host time, instructions\n"
	     "  op=read dev=d*.raw off>=1M lat>10ms res<0\n"
	     "                                         conditions: all must hold, but of one field's = any; + between\n"
	     "                                         two groups: one of them");
	puts("Fields, for conditions and -F:");
	for (int i = 0; i < FIELDS; i++)
		printf("  %-9s %s\n", fields[i].name, fields[i].help);
}

/* ---- records ---- */

static bool in_ranges(const struct selection *s, const struct event *event)
{
	bool any = !s->range_count;

	for (int i = 0; i < s->range_count && !any; i++)
		any = range_has(&s->ranges[i], event);
	return any;
}

/* Of the group's conditions that a field is equal to something: does one hold for the field of filter i? */
static bool any_equal(const struct selection *s, int i, struct view *view)
{
	for (int k = 0; k < s->filter_count; k++)
		if (s->group[k] == s->group[i] && s->filters[k].field == s->filters[i].field &&
		    s->filters[k].how == IS && filter_has(&s->filters[k], view))
			return true;
	return false;
}

static bool in_group(const struct selection *s, int group, struct view *view)
{
	for (int i = 0; i < s->filter_count; i++) {
		if (s->group[i] != group)
			continue;
		if (s->filters[i].how == IS ? !any_equal(s, i, view) : !filter_has(&s->filters[i], view))
			return false;
	}
	return true;
}

static bool is_wanted(const struct selection *s, struct view *view)
{
	bool any = !s->filter_count;

	if (!in_ranges(s, &view->event))
		return false;
	for (int group = 0; group <= s->groups && !any; group++)
		any = in_group(s, group, view);
	return any;
}

static bool is_past(const struct selection *s, const struct event *event)
{
	bool past = s->range_count;

	for (int i = 0; i < s->range_count && past; i++)
		past = range_is_past(&s->ranges[i], event);
	return past;
}

bool select_step(struct selection *s, struct view *view, bool *wanted)
{
	if (!view_next(view) || (is_past(s, &view->event) && view->event.record.type != RRJ_END))
		return false;
	*wanted = is_wanted(s, view);
	if (*wanted && s->skip) {
		s->skip--;
		*wanted = false;
	}
	return true;
}

bool select_next(struct selection *s, struct view *view)
{
	bool wanted = false;

	while (!wanted)
		if (!select_step(s, view, &wanted))
			return false;
	return true;
}

/* ---- the last records ---- */

/* How many are wanted from that turn's block on; *first: the first turn there. */
static uint64_t count_from(struct selection *s, struct view *view, uint64_t turn, uint64_t *first)
{
	uint64_t n = 0;

	*first = 0;
	view_seek_turn(view, turn);
	while (view_next(view)) {
		if (!*first && view->event.turn.seq)
			*first = view->event.turn.seq;
		n += is_wanted(s, view);
	}
	return n;
}

/* From the end back, in larger and larger steps, until there are so many. */
static void find_last(struct selection *s, struct view *view, uint64_t wanted)
{
	uint64_t from = UINT64_MAX, first, n = count_from(s, view, from, &first);

	for (uint64_t step = 1; n < wanted && from; step *= 2) {
		from = first > step ? first - step : 0;
		n = count_from(s, view, from, &first);
	}
	s->from_turn = from;
	s->skip = n > wanted ? n - wanted : 0;
	view_seek_turn(view, 0);
}

/* ---- words ---- */

static enum status take_word(struct selection *s, struct view *view, const char *word, uint64_t *last)
{
	enum status status;

	if (s->range_count == MOST || s->filter_count == MOST)
		return say_at(word, 0, "that are more than %d ranges or conditions", MOST);
	if (!strcmp(word, "+")) {
		s->groups++;
		return FINE;
	}
	if (strpbrk(word, "=<>!")) {
		s->group[s->filter_count] = s->groups;
		return filter_read(&s->filters[s->filter_count++], word);
	}
	if (!select_looks_like(word))
		return say_at(word, 0,
			      "one recording at a time, and neither a place nor a condition is written so; see: "
			      "rrio-inspect --help");
	status = range_read(&s->ranges[s->range_count], word, view);
	if (!status && s->ranges[s->range_count].last)
		*last = s->ranges[s->range_count].last;
	else
		s->range_count++;
	return status;
}

/* A group without conditions would hold everything. */
static enum status check_groups(const struct selection *s, char **words)
{
	for (int group = 0; s->groups && group <= s->groups; group++) {
		bool any = false;

		for (int i = 0; i < s->filter_count; i++)
			any |= s->group[i] == group;
		if (!any)
			return say_at(*words, 0, "+ stands between two groups of conditions");
	}
	return FINE;
}

enum status select_open(struct selection **selection, struct view *view, char **words)
{
	struct selection *s = calloc(1, sizeof(*s));
	enum status status = s ? FINE : out_of_memory();
	uint64_t last = 0;

	for (char **word = words; !status && *word; word++)
		status = take_word(s, view, *word, &last);
	if (!status)
		status = check_groups(s, words);
	if (!status && last)
		find_last(s, view, last);
	*selection = s;
	return status;
}

void select_close(struct selection *s)
{
	free(s);
}

void select_seek(const struct selection *s, struct view *view)
{
	const struct range *first = NULL;

	if (s->from_turn) {
		view_seek_turn(view, s->from_turn);
		return;
	}
	for (int i = 0; i < s->range_count; i++) {
		const struct range *range = &s->ranges[i];

		if (range->from.at != AT_ICOUNT && range->from.at != AT_TURN)
			return;
		if (first && first->from.at != range->from.at)
			return;
		if (!first || range->from.value < first->from.value)
			first = range;
	}
	if (first && first->from.at == AT_ICOUNT)
		view_seek_icount(view, first->from.value);
	else if (first)
		view_seek_turn(view, (uint64_t)first->from.value);
}

enum status select_request(const char *word, uint64_t *ticket)
{
	const char *digits = word + (*word == 'r');
	char *end;

	*ticket = strtoull(digits, &end, 10);
	if (isdigit((unsigned char)*digits) && !*end)
		return FINE;
	return say_at(word, (size_t)((isdigit((unsigned char)*digits) ? end : digits) - word),
		      "a request is named by its ticket: r17");
}
