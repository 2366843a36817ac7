/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * delta.h - what turns and requests are written with: the state, and values that both forms have in common; and the
 * older form, which is only read. FORMAT.md, section 7. Any thread; no allocation.
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

/* More than any turn or request takes. */
enum { RRJ_DELTA_BOUND = (11 + RRJ_RESULTS) * RRJ_VARINT_MAX };

/* It is the last one now. */
void rrj_turn_keep(struct rrj_delta *delta, const struct rrj_turn *turn);
void rrj_request_keep(struct rrj_delta *delta, const struct rrj_request *request);

/* The n-th last of the counts; n is less than count_number. */
uint64_t rrj_delta_count(const struct rrj_delta *delta, unsigned n);

/* The digests that end a turn. */
void rrj_digests_get(struct rrj_in *in, struct rrj_turn *turn);

uint8_t *rrj_length_put(uint8_t *out, uint64_t length);
uint64_t rrj_length_get(struct rrj_in *in);

/* The result of a request of which nothing special can be said. */
int64_t rrj_usual_result(enum rrj_op op, uint64_t length);
bool rrj_has_earlier_results(const struct rrj_request *request);

/* Records of types 3 and 4. */
void rrj_older_turn_get(struct rrj_in *in, struct rrj_turn *turn, struct rrj_delta *delta);
void rrj_older_request_get(struct rrj_in *in, struct rrj_request *request, struct rrj_delta *delta);

#endif
