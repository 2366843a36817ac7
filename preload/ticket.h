/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ticket.h - the numbers of requests, in the order of their submission, whatever engine carries them out.
 *
 * Main, vCPU thread and iothreads submit, one at a time: whoever runs. So the numbers are the same in record and
 * replay. Read by whoever holds the turn. Nothing here locks or fails.
 */
#ifndef PRELOAD_TICKET_H
#define PRELOAD_TICKET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct rrj_request;

/*
 * Where a request's ticket is left. A worker takes its job before it can know the job's ticket: the thread that has
 * queued it says so a moment later. Both know the job's number in its pool, and thus the slot.
 */
struct ticket_slot {
	uint64_t ticket;
	_Atomic uint64_t number; /* of the job in its pool; 0: no job. Set when the ticket is */
	uint64_t called;	 /* the number of the job that has come to its first call; the same lock */
	uint64_t passed; /* the number of a job that has published without a gate; the turnstile's lock protects it */
};

/* More than can be submitted and unreleased at a time; a power of two. */
enum { TICKETS = 8192 };

/*
 * One more request has been submitted, at that instruction count; its number among a pool's jobs, or 0; what it is, as
 * far as that is known by now, or NULL.
 */
void ticket_take(struct ticket_slot *slot, uint64_t number, int64_t icount, const struct rrj_request *what);

/* The slot of a ticket; NULL: not submitted, or long ago. */
struct ticket_slot *ticket_slot(uint64_t ticket);

/* It is released; and has it been? */
void ticket_release(uint64_t ticket);
bool ticket_released(uint64_t ticket);

/* Has it been submitted, and not been released? What was submitted so long ago that it is no longer known has been. */
bool ticket_in_flight(uint64_t ticket);

/* Where it was submitted: guest instructions; -1 when that is no longer known. */
int64_t ticket_icount(uint64_t ticket);

/* The rrj_stack.id of the calls through which it was submitted; 0: none, or no longer known. */
uint32_t ticket_stack(uint64_t ticket);

/* How many have been submitted so far. */
uint64_t tickets_taken(void);

#endif
