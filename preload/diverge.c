/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diverge.c - what the user is told of a divergence, and the end of the process. Who calls it: diverge.h.
 *
 * The message comes first and needs nothing but the stack: whatever becomes of the report, it is there.
 */
#include "diverge.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "report.h"
#include "self.h"
#include "tape.h"
#include "trail.h"
#include "uncontrolled.h"

static atomic_flag taken = ATOMIC_FLAG_INIT;
static _Atomic bool ending;

bool diverge_ending(void)
{
	return ending;
}

__attribute__((format(printf, 3, 4))) static void add(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + used, size - used, format, arguments);
	va_end(arguments);
}

static void add_values(char *text, size_t size, const struct difference *difference, bool expected)
{
	for (int i = 0; i < DIFFERENCES && difference[i].what; i++) {
		const struct difference *d = &difference[i];
		const char *word = expected ? d->expected_text : d->actual_text;

		add(text, size, "%s%s ", i ? ", " : "", d->what);
		if (d->expected_text || d->actual_text)
			add(text, size, "%s", word ? word : "none");
		else
			add(text, size, "%" PRId64, expected ? d->expected : d->actual);
	}
}

/* The lines behind the message. */
static void explain(const struct divergence *divergence)
{
	char text[2048] = "";
	size_t kept = trail_kept();

	if (divergence->differences[0].what) {
		add(text, sizeof(text), "    expected: ");
		add_values(text, sizeof(text), divergence->differences, true);
		add(text, sizeof(text), "\n    happened: ");
		add_values(text, sizeof(text), divergence->differences, false);
		add(text, sizeof(text), "\n");
	}
	if (kept) {
		char event[256];

		trail_describe(kept - 1, event, sizeof(event));
		add(text, sizeof(text), "    the last event before: %s\n", event);
	}
	if (uncontrolled_recorded(0)) {
		add(text, sizeof(text), "    not in the recording, and perhaps the cause: ");
		for (unsigned i = 0; uncontrolled_recorded(i); i++)
			add(text, sizeof(text), "%s%s", i ? ", " : "", uncontrolled_recorded(i));
		add(text, sizeof(text), "\n");
	}
	message_more(text);
}

static _Noreturn void end(const struct divergence *divergence, const char *what, const char *rest)
{
	char text[1024];

	message_restore_terminal();
	snprintf(text, sizeof(text), "%s at guest instruction %" PRId64 ", after turn %" PRIu64 ": %s", what,
		 divergence->icount, tape_turns(), rest);
	message(MODULE_MAIN, MESSAGE_ERROR,
		"%s; everything before is as recorded; rrio-inspect explain %s shows the report [%s]", text, tape_dir(),
		divergence->id);
	explain(divergence);
	report_write(divergence, text);
	_exit(STATUS_FINDING);
}

enum { TEXT = 768 };

/* The first thread here goes on; the process ends under the others. */
__attribute__((format(printf, 2, 0))) static void take(char text[TEXT], const char *format, va_list arguments)
{
	self.inside = true;
	while (atomic_flag_test_and_set(&taken))
		pause();
	ending = true;
	vsnprintf(text, TEXT, format, arguments);
}

void diverged(const struct divergence *divergence, const char *format, ...)
{
	char text[TEXT];
	va_list arguments;

	va_start(arguments, format);
	take(text, format, arguments);
	va_end(arguments);
	end(divergence, "diverged", text);
}

void diverge_hangs(const struct divergence *divergence, const char *format, ...)
{
	char text[TEXT];
	va_list arguments;

	va_start(arguments, format);
	take(text, format, arguments);
	va_end(arguments);
	end(divergence, "replay hangs", text);
}
