/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * delta.h - turns and requests as bytes. FORMAT.md, section 7. Any thread; no allocation.
 */
#ifndef RRJ_DELTA_H
#define RRJ_DELTA_H

#include <stdint.h>

#include "rrio/journal.h"
#include "wire.h"

/* What turns and requests are written as differences to, modulo 2^64. */
struct rrj_delta {
	uint64_t seq, icount, mono, shift;		/* of the last turn; shift: real minus mono */
	uint64_t ticket, file, op, next_offset, length; /* of the last request */
};

/* More than any turn or request takes. */
enum { RRJ_DELTA_BOUND = (11 + RRJ_RESULTS) * RRJ_VARINT_MAX };

uint8_t *rrj_turn_put(uint8_t *out, const struct rrj_turn *turn, struct rrj_delta *delta);
uint8_t *rrj_request_put(uint8_t *out, const struct rrj_request *request, struct rrj_delta *delta);

void rrj_turn_get(struct rrj_in *in, struct rrj_turn *turn, struct rrj_delta *delta);
void rrj_request_get(struct rrj_in *in, struct rrj_request *request, struct rrj_delta *delta);

#endif
