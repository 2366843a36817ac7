/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * speed.c - the line that says how far a replay has come: instructions, percent of the recording, time left.
 *
 * The watch's thread reads the count as it was last published, without a lock. There are no colours, so that NO_COLOR
 * has nothing to switch off; a terminal that cannot clear a line (TERM=dumb) gets no line from rrio.
 */
#include "speed.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../hooks/emulator.h"
#include "config.h"
#include "message.h"
#include "until.h"

enum { KEPT = 5 * SPEED_LOOKS }; /* the speed is the mean of so many looks */

static struct {
	int64_t counts[KEPT];
	unsigned looks;
} speed;

static bool can_show(void)
{
	static int can = -1;

	if (can < 0)
		can = isatty(STDERR_FILENO);
	return can;
}

/* Three digits and a letter. */
static const char *scaled(char text[16], int64_t count)
{
	static const char letters[] = " kMGTPE";
	double value = (double)count;
	int i = 0;

	for (; value >= 999.5 && letters[i + 1]; i++)
		value /= 1000;
	snprintf(text, 16, "%.*f%.*s", i && value < 99.95 ? (value < 9.995 ? 2 : 1) : 0, value, i > 0, &letters[i]);
	return text;
}

/* Instructions a second, over the looks that are kept; 0: not known yet. */
static int64_t rate(int64_t now)
{
	unsigned kept = speed.looks < KEPT ? speed.looks : KEPT;
	int64_t first = kept ? speed.counts[(speed.looks - kept) % KEPT] : now;

	return kept ? (now - first) * SPEED_LOOKS / kept : 0;
}

static void add_left(char *line, size_t size, int64_t left, int64_t per_second)
{
	int64_t seconds = per_second > 0 ? left / per_second : -1;
	size_t used = strlen(line);

	if (seconds >= 3600)
		snprintf(line + used, size - used, ", %" PRId64 ":%02" PRId64 ":%02" PRId64 " left", seconds / 3600,
			 seconds / 60 % 60, seconds % 60);
	else if (seconds >= 0)
		snprintf(line + used, size - used, ", %" PRId64 ":%02" PRId64 " left", seconds / 60, seconds % 60);
}

void speed_show(void)
{
	int64_t now, total = until_icount < INT64_MAX ? until_icount : until_last(), per_second;
	char done[16], all[16], fast[16], line[160];

	if (!config.speed || !can_show() || total <= 0)
		return;
	now = emu.icount_raw();
	per_second = rate(now);
	speed.counts[speed.looks++ % KEPT] = now;
	snprintf(line, sizeof(line), "%s of %s instructions, %d %%, %s/s", scaled(done, now), scaled(all, total),
		 (int)((double)now / (double)total * 100), scaled(fast, per_second));
	add_left(line, sizeof(line), now < total ? total - now : 0, per_second);
	message_status(line);
}
