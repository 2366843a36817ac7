/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flight.h - how many requests are in flight when each is submitted. Requests come in the order of their release; these
 * are put into the order of their submission, as far as that takes, in constant memory. One thread.
 */
#ifndef INSPECT_FLIGHT_H
#define INSPECT_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

/* At most so many are in flight: who is that late was cancelled. */
enum { FLIGHT_MOST = 8192 };

struct flown {
	uint64_t ticket;
	int64_t submitted, released;
	uint32_t file;
};

/* One more request in the order of submission: with `all` in flight, of which `own` are of the same file; itself too.
 */
typedef void flight_take(void *data, const struct flown *request, unsigned all, unsigned own);

struct flight;
struct flight *flight_new(flight_take *take, void *data);
void flight_add(struct flight *flight, const struct flown *request);

/* What is left comes, too. */
void flight_end(struct flight *flight);

#endif
