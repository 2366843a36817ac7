/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tape.h - the journal as the turnstile sees it: written when recording, followed when replaying.
 *
 * Every function does the same in both modes, but for who decides: recording takes the values from the host and writes
 * them down, replay takes them from the journal and compares. Functions marked (locked) are called with the
 * turnstile's lock held; all by whoever holds the turn. A journal that cannot be written ends the recording, and the
 * guest goes on (RRIO_ON_ERROR); a difference in replay ends the process with status 1 (compare.h).
 */
#ifndef PRELOAD_TAPE_H
#define PRELOAD_TAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "gate.h"
#include "rrio/journal.h"

struct tape_turn {
	struct rrj_turn head;
	struct rrj_request requests[GATE_MAX_RELEASES];
};

/* What replay has to do next. */
enum tape_next {
	TAPE_TURN,  /* the turn of tape_place() */
	TAPE_END,   /* no further turn: the emulator ended by itself, at the count of tape_place() */
	TAPE_EARLY, /* the recording ends here, although the emulator went on */
};

/* Constructor. Record: `start` is written first. Replay: opens the recording and fills `start` from it. */
void tape_record(const struct rrj_start *start);
const struct rrj_start *tape_replay(const char *dir);

/* Record: the guest is about to exist, so the recording gets its folder. */
void tape_keep(void);

/* Replay (locked): what comes next, and where. Recording: always TAPE_TURN at kind 0. */
enum tape_next tape_next(void);
const struct rrj_turn *tape_place(void);

/* (locked) A turn starts here. Returns its host time and the tickets to release, valid until tape_commit(). */
const struct tape_turn *tape_turn(unsigned loop, enum rrj_kind kind, int64_t icount);

/* (locked) The i-th of them has been released and published. */
void tape_released(uint32_t i, struct gate_request *done);

/* (locked) All of the turn is known: nothing of it is lost from here on. */
void tape_commit(void);

/*
 * Bytes from outside, which `data` holds (record) or takes (replay). Without the lock, between turns or in one.
 */
void tape_input(enum rrj_source source, void *data, size_t size);

/*
 * A result of the kernel's, which may be an error (-1 and errno), and the bytes that come with it. Recording notes them,
 * replay puts what was noted in their place; the second takes a result that does not say how many bytes there are.
 */
int64_t tape_result(enum rrj_source source, int64_t result, void *data);
int64_t tape_result_of(enum rrj_source source, int64_t result, void *data, size_t size);

/*
 * Bytes from outside whose number the recording knows: record gives them; replay looks whether they are next, before
 * the next turn, and takes them. They hold until the next call of any of these. `now`: they are not lost from here on,
 * not only from the next turn on.
 */
void tape_give(enum rrj_source source, const void *data, size_t size, bool now);
const struct rrj_input *tape_look(void);
const struct rrj_input *tape_take(enum rrj_source source);

/* Replay: does the recording have an input of that source next, before the next turn? */
bool tape_has_input(enum rrj_source source);

/* Record: something that was not controlled. Once per id. */
void tape_note(const char *id, const char *text);

/* Record, with self.inside set, by whoever submits a request: the calls through which it does so. */
void tape_stack(uint32_t id, struct rrj_strings frames);

/* The emulator ends by itself. Record: the END record. Replay: has everything been replayed? */
void tape_end(int64_t icount, uint64_t slices);

/* (locked) Record: the recording ends here, with that cause. */
void tape_give_up(const char *cause);

/* Replay: a request that the next turn releases, by its ticket, or the first one (0); NULL: none such. */
const struct rrj_request *tape_expected(uint64_t ticket);

/* How many turns have started; a number that changes with everything that is written or followed. */
uint64_t tape_turns(void);
uint64_t tape_progress(void);

/* Replay: the recording's folder, open. */
int tape_folder(void);

/* Replay: the recording ends here, although the emulator went on. Ends the process. */
_Noreturn void tape_ends_early(int64_t icount);

/* The recording's folder, for messages. */
const char *tape_dir(void);

#endif
