/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gate.h - where a finished request waits until a turn releases it.
 *
 * A gate belongs to the request's worker thread. The turnstile's lock protects the list of gates; functions marked
 * (locked) are called with it held, by whoever holds the turn.
 */
#ifndef PRELOAD_GATE_H
#define PRELOAD_GATE_H

#include <bsd/sys/queue.h>
#include <pthread.h>
#include <stdbool.h>

#include "rrio/journal.h"

struct file;

enum gate_state {
	GATE_OPEN,	/* its request has not finished */
	GATE_HELD,	/* the request has finished, and waits */
	GATE_RELEASED,	/* the worker is on its way to tell QEMU */
	GATE_PUBLISHED, /* QEMU knows */
};

struct gate_request {
	struct rrj_request request;
	struct file *file; /* or NULL */
};

struct gate {
	TAILQ_ENTRY(gate) link;
	enum gate_state state;
	pthread_cond_t released;
	struct gate_request what;
	struct gate_request *published; /* where the worker leaves it; the gate itself is for its next job then */
};

/* How many requests one turn may release; what is more waits for the next one. */
enum { GATE_MAX_RELEASES = 1024 };

/* A new ticket: 1, 2, … in the order in which the pool's queue hands out jobs. Called with the pool's lock held. */
uint64_t gate_ticket(void);

/* Worker: the request has finished; returns when a turn releases it. */
void gate_hold(struct gate *gate);

/* Worker: QEMU has been told. */
void gate_published(struct gate *gate);

/* (locked) The tickets of the requests that wait, ascending; returns how many, at most GATE_MAX_RELEASES. */
uint32_t gate_waiting(uint64_t tickets[GATE_MAX_RELEASES]);

/* (locked) The gate of that ticket's request; waits until it has finished. NULL: it has published without one. */
struct gate *gate_await(uint64_t ticket);

/* Worker: the job of that ticket has published without a gate. */
void gate_pass_by(uint64_t ticket);

/* (locked) Lets the request through; returns when it is published, with all that its job did in *done. */
void gate_release(struct gate *gate, struct gate_request *done);

/*
 * Submissions, in ticket order: the main loop or the vCPU thread has queued one more job at this instruction count.
 * gate_submitted() gives the count back for a ticket, -1 when it is no longer known.
 */
void gate_submit(int64_t icount);
int64_t gate_submitted(uint64_t ticket);

/*
 * (locked) Recording: gives requests that are in flight up to that many milliseconds to finish, when none has.
 */
void gate_give_time(int64_t ms);

/* Has the request of that ticket been submitted? */
bool gate_expected(uint64_t ticket);

/* Are there requests submitted and not released yet? The same in record and replay, for whoever runs. */
bool gate_in_flight(void);

#endif
