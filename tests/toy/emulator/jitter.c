/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jitter.c - TOY_JITTER=SEED: random delays of the host. TOY_PERTURB=WHAT:N: one deliberate difference, at the N-th
 * request; at every one with N = 0.
 *
 * Environment variables and no options, since a recording and its replays have the same command line. Any thread.
 */
#include "toy.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LONGEST_NS = 200000 };

static uint64_t seed;
static _Atomic uint64_t calls;
static enum perturbation perturbation;
static unsigned perturbed_request;

static const char *const names[] = { "nothing", "data", "image", "order", "count", "drop", "random", "result",
				     "late",	"hang", "abort", "leave", "exit",  "fork", "kill",
				     "many",	"odd",	"stuck", "unload" };

static void read_perturbation(const char *text)
{
	size_t length = strcspn(text, ":");

	for (int i = 1; i < PERTURBATIONS; i++)
		if (strlen(names[i]) == length && !strncmp(text, names[i], length))
			perturbation = (enum perturbation)i;
	if (!perturbation || !text[length])
		die("TOY_PERTURB is not of the form WHAT:N");
	perturbed_request = (unsigned)strtoul(text + length + 1, NULL, 10);
}

void jitter_init(void)
{
	const char *text = getenv("TOY_JITTER");

	if (text)
		seed = strtoull(text, NULL, 10);
	text = getenv("TOY_PERTURB");
	if (text)
		read_perturbation(text);
}

void jitter(void)
{
	uint64_t state = seed + atomic_fetch_add(&calls, 1) * 0x9e3779b97f4a7c15;
	uint64_t number = random_next(&state);
	struct timespec time = { .tv_nsec = (long)(number >> 8) % LONGEST_NS };

	/* Half of the time none, else short ones more often than long ones. */
	if (!seed || number & 1)
		return;
	time.tv_nsec = labs(time.tv_nsec) >> (number >> 1 & 7);
	nanosleep(&time, NULL);
}

bool perturbed(enum perturbation what, unsigned request)
{
	return what == perturbation && (!perturbed_request || request == perturbed_request);
}
