/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * older.h - records of types 3 and 4, the form of turns and requests that is only read. FORMAT.md, section 7. Any
 * thread; no allocation.
 */
#ifndef RRJ_OLDER_H
#define RRJ_OLDER_H

#include "delta.h"

void rrj_older_turn_get(struct rrj_in *in, struct rrj_turn *turn, struct rrj_delta *delta);
void rrj_older_request_get(struct rrj_in *in, struct rrj_request *request, struct rrj_delta *delta);

#endif
