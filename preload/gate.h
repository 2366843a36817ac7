/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gate.h - where a finished request waits until a turn releases it.
 *
 * A gate belongs to whoever carries out its request: a worker thread, or an engine's thread. The turnstile's lock
 * protects the list of gates; functions marked (locked) are called with it held, by whoever holds the turn.
 */
#ifndef PRELOAD_GATE_H
#define PRELOAD_GATE_H

#include <bsd/sys/queue.h>
#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#include "rrio/journal.h"
#include "ticket.h"

struct file;

struct gate_request {
	struct rrj_request request;
	struct file *file; /* or NULL */
};

struct gate;

/*
 * (locked) Tells QEMU of the completion, with the request as it was in *done (unless that is NULL); or calls
 * gate_publishes() and has somebody else do both, who then calls gate_published(). recorded: what it was when it was
 * recorded; NULL when recording. The gate may be in use for another request when this returns.
 */
typedef void gate_publish(struct gate *gate, const struct rrj_request *recorded, struct gate_request *done);

struct gate {
	TAILQ_ENTRY(gate) link;
	gate_publish *publish;
	struct ticket_slot *slot;
	unsigned loop; /* whose turn releases it */
	struct gate_request what;
};

/* How many requests one turn may release; what is more waits for the next one. */
enum { GATE_MAX_RELEASES = 1024 };

/*
 * (locked) The request has finished: its loop is woken, and a turn of that loop will call publish(). The lock is given
 * up meanwhile, so that may have happened when this returns. true: no other is in flight that has not finished.
 */
bool gate_arrive(struct gate *gate);

/* (locked) Has a request of that loop finished? */
bool gate_waits(unsigned loop);

/* (locked) Have all that are in flight finished, on whatever loop? */
bool gate_all_wait(void);

/* (locked) The gates at which requests wait for that loop, by ticket; returns how many. */
uint32_t gate_waiting(unsigned loop, struct gate *waiting[GATE_MAX_RELEASES]);

/*
 * (locked) The gate of that ticket's request; waits until it has finished. NULL: it has published without one, or been
 * released.
 */
struct gate *gate_await(uint64_t ticket);

/* A worker: the job with that number has come to its first call; it has published without a gate. */
void gate_called(struct ticket_slot *slot, uint64_t number);
void gate_pass_by(struct ticket_slot *slot, uint64_t number);

/*
 * (locked) Waits until that job, which can start, has come to a call or published without one. false: it has published,
 * and counts as released.
 */
bool gate_await_job(const struct ticket_slot *slot, uint64_t number);

/* (locked) Lets the request through. As gate_publish; *done is there behind gate_settle(). */
void gate_release(struct gate *gate, const struct rrj_request *recorded, struct gate_request *done);

/* (locked) publish(): somebody else tells QEMU. That thread, not locked: now it has. */
void gate_publishes(void);
void gate_published(void);

/* (locked) Waits until QEMU knows of all that has been released; false: the recording was given up meanwhile. */
bool gate_settle(void);

/* An engine has begun a request. What has been submitted and never begins has been cancelled. */
void gate_begun(void);

/*
 * (locked) Recording: gives requests that are in flight, on whatever loop, until then to finish. true: one of that loop
 * has finished, there is none, or the time is up; false: something has changed, the caller looks again.
 */
bool gate_give_time(unsigned loop, const struct timespec *until);

/* (locked) The recording has been given up: what waits here goes through, and so does what comes. */
void gate_open(void);

/* (locked) Whoever waits in here looks again. */
void gate_wake(void);

/* For the watch, without the lock: the ticket that a turn waits for, or 0; how much has come and gone; publishing? */
uint64_t gate_awaited(void);
uint64_t gate_progress(void);
bool gate_is_publishing(void);

/* How many requests have been submitted and not released yet? The same in record and replay, for whoever runs. */
uint64_t gate_in_flight(void);

#endif
