/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diverge.h - the run differs from the recording, or does not go on: says so, leaves a report, ends the process.
 *
 * Any thread, with or without the turnstile's lock; the first one that gets here does it, others stop. The report is
 * the file divergence.json in the recording's folder, which rrio-inspect explain shows. Status 1.
 */
#ifndef PRELOAD_DIVERGE_H
#define PRELOAD_DIVERGE_H

#include <stdbool.h>
#include <stdint.h>

#include "rrio/journal.h"

/* One value that is not as recorded: a number, or a text. */
struct difference {
	const char *what; /* NULL: no further one */
	int64_t expected, actual;
	const char *expected_text, *actual_text;
};

#define NUMBERS(name, then, now)                                    \
	{                                                           \
		.what = (name), .expected = (then), .actual = (now) \
	}
#define TEXTS(name, then, now)                                                \
	{                                                                     \
		.what = (name), .expected_text = (then), .actual_text = (now) \
	}

enum { DIFFERENCES = 10 };

struct divergence {
	const char *id;	    /* the message's: ERRORS.md */
	int64_t icount;	    /* where this run is */
	enum rrj_kind kind; /* 0: at none */
	uint32_t loop;
	struct difference differences[DIFFERENCES];
	const struct rrj_request *request; /* what it is about, or NULL */
	const char *file;		   /* that request's, or NULL */
};

__attribute__((format(printf, 2, 3), noreturn)) void diverged(const struct divergence *divergence, const char *format,
							      ...);

/* The same, for a replay that does not go on. */
__attribute__((format(printf, 2, 3), noreturn)) void diverge_hangs(const struct divergence *divergence,
								   const char *format, ...);

/* Is the process being ended by one of them? */
bool diverge_ending(void);

#endif
