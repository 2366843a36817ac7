/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * driver.h - records and replays the toy emulator. One process per stream of seeds, each in a folder of its own.
 */
#ifndef DRIVER_H
#define DRIVER_H

#include <stdbool.h>
#include <stdint.h>

/* ---- run.c ---- */

enum { TIMED_OUT = 1000, SIGNALLED = 2000, LINE = 512 };

struct run {
	const char *program; /* of the toy's folder */
	const char *mode;    /* NULL: without librrio.so */
	const char *dir;     /* the recording */
	const char *trace;   /* file: what the guest saw */
	const char *output;  /* file: standard output and error */
	const char *perturb; /* or NULL */
	uint64_t seed, jitter;
};

/* Finds the programs beside this one, and librrio.so; status 2 when it is not there. */
void run_init(void);

/* Runs it to its end, or for some seconds. Returns its exit status, TIMED_OUT, or SIGNALLED and a signal. */
int run(const struct run *what);

/* What tests/mutate/mutate has changed, and when replay must have noticed. */
struct change {
	char name[32];
	long long turn, ticket, due, due_by_chance;
};

/*
 * Writes the recording `from` as `to` with one change, and says which. -1: there is nothing to change in that way, -2: it
 * cannot be written.
 */
int mutate(const char *from, const char *to, uint64_t seed, struct change *change);

/* Of the host's monotonic clock. */
long long now_ms(void);

/* The options that a seed stands for, as words; NULL at the end. */
const char *const *seed_options(uint64_t seed);

/* ---- files.c ---- */

uint64_t random_next(uint64_t *state);
void image_make(uint64_t seed);
void image_change(void);
bool file_same(const char *a, const char *b);
bool file_begins(const char *whole, const char *beginning);
bool file_has(const char *path, const char *text);
long file_size(const char *path);
bool file_any(const char *pattern);
bool file_cut(const char *from, const char *to, long size);

/* ---- cases.c ---- */

struct failure {
	char why[LINE];
};

/* What is tried with one seed; false: *failure says what went wrong. *tried counts what could be tried. */
typedef bool test_case(uint64_t seed, struct failure *failure, unsigned *tried);

extern const struct named_case {
	const char *name;
	test_case *run;
	unsigned seeds; /* that make test takes */
} cases[];

#endif
