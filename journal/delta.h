/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * delta.h - what turns and requests are written with: the state, and what both forms, compact.h and older.h, have in
 * common. FORMAT.md, section 7. Any thread; no allocation.
 */
#ifndef RRJ_DELTA_H
#define RRJ_DELTA_H

#include <stdint.h>

#include "rrio/journal.h"
#include "wire.h"

/* So many counts at which turns were are known; a power of two. */
enum { RRJ_COUNTS = 64 };

/* What turns and requests are written as differences to, modulo 2^64. */
struct rrj_delta {
	uint64_t seq, icount, mono, shift;		/* of the last turn; shift: real minus mono */
	uint64_t ticket, file, op, next_offset, length; /* of the last request */
	uint64_t counts[RRJ_COUNTS];			/* turns' icounts, none twice in a row: a ring */
	unsigned count_at, count_number;		/* its last one; how many it has */
};

/* The low bits of a request's first number: what is not as the request before it suggests, and therefore follows. */
enum {
	RRJ_OTHER_FILE = 1,
	RRJ_OTHER_OP = 2,
	RRJ_OTHER_TICKET = 4,
	RRJ_OTHER_OFFSET = 8,
	RRJ_OTHER_LENGTH = 16,
	RRJ_OTHER_RESULT = 32, /* or number of calls */
	RRJ_CHECKSUM = 64,
	RRJ_EARLIER_RESULTS = 128,
	RRJ_COMMON_SHAPES = 255,
};

/* More than any turn or request takes. */
enum { RRJ_DELTA_BOUND = (11 + RRJ_RESULTS) * RRJ_VARINT_MAX };

uint64_t rrj_get_delta(struct rrj_in *in, uint64_t base);

/* It is the last one now. */
void rrj_turn_keep(struct rrj_delta *delta, const struct rrj_turn *turn);
void rrj_request_keep(struct rrj_delta *delta, const struct rrj_request *request);

/* The n-th last of the counts; n is less than count_number. */
uint64_t rrj_delta_count(const struct rrj_delta *delta, unsigned n);

/* A turn's kind and loop. No kind in its first number: both follow, as a number of their own. */
enum { RRJ_KIND_MASK = 7, RRJ_LOOP_SHIFT = 3 };
void rrj_who_get(struct rrj_in *in, uint64_t shape, enum rrj_kind last, struct rrj_turn *turn);

/* The digests that end a turn. */
void rrj_digests_get(struct rrj_in *in, struct rrj_turn *turn);

uint8_t *rrj_length_put(uint8_t *out, uint64_t length);
uint64_t rrj_length_get(struct rrj_in *in);

/* The result of a request of which nothing special can be said. */
int64_t rrj_usual_result(enum rrj_op op, uint64_t length);
bool rrj_has_earlier_results(const struct rrj_request *request);

/* The parts of a request that begin with its file and with its number of calls. */
void rrj_subject_get(struct rrj_in *in, uint64_t shape, struct rrj_request *request, const struct rrj_delta *delta);
void rrj_results_get(struct rrj_in *in, uint64_t shape, struct rrj_request *request);
/* The last value of a request; most have none. */
uint32_t rrj_stack_get(struct rrj_in *in);

#endif
