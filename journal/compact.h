/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compact.h - turns and requests as bytes, the form in which they are written. FORMAT.md, section 7. Any thread; no
 * allocation. delta.h has the older form, which is only read.
 */
#ifndef RRJ_COMPACT_H
#define RRJ_COMPACT_H

#include "delta.h"

/* The records' types: not those of journal.h, which have the older form. */
enum { RRJ_COMPACT_TURN = 9, RRJ_COMPACT_REQUEST = 10 };

/*
 * A turn's first number: its kind; whether the clocks have moved against each other; whether the time is no multiple of
 * RRJ_TICK_NS away; whether neither count nor time have changed; how many requests follow. No kind: it follows, with
 * the loop, as a number of its own.
 */
enum { RRJ_SHIFTED = 8, RRJ_EXACT_TIME = 16, RRJ_STILL = 32, RRJ_RELEASES_SHIFT = 6 };

/* A request's first number has delta.h's bits; and whether the latency does not fit its short form. */
enum { RRJ_EXACT_LATENCY = 512 };

uint8_t *rrj_turn_put(uint8_t *out, const struct rrj_turn *turn, struct rrj_delta *delta);
uint8_t *rrj_request_put(uint8_t *out, const struct rrj_request *request, struct rrj_delta *delta);

void rrj_turn_get(struct rrj_in *in, struct rrj_turn *turn, struct rrj_delta *delta);
void rrj_request_get(struct rrj_in *in, struct rrj_request *request, struct rrj_delta *delta);

#endif
