/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record.h - records as bytes. FORMAT.md, sections 5 to 7. Any thread; no allocation.
 */
#ifndef RRJ_RECORD_H
#define RRJ_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "delta.h"
#include "rrio/journal.h"
#include "wire.h"

/* -EINVAL when the record holds what a reader would refuse. */
int rrj_record_check(const struct rrj_record *record);

/* At least the bytes that it takes, for a record that passed the check. */
size_t rrj_record_bound(const struct rrj_record *record);

/* Returns the position behind what it has written. */
uint8_t *rrj_record_encode(uint8_t *out, const struct rrj_record *record, struct rrj_delta *delta);

/* Takes a record's type and leaves its payload in *payload: the type, or -EBADMSG. */
int rrj_record_split(struct rrj_in *in, struct rrj_in *payload);

/* What a record of that type is for whoever reads it: turns and requests have two forms. */
int rrj_record_type(int type);

/*
 * Decodes the payload: 1 and *record, 0 for one to skip, -EBADMSG. The record's pointers lead into the payload or to
 * *signal.
 */
int rrj_record_decode(struct rrj_record *record, int type, struct rrj_in payload, struct rrj_delta *delta,
		      struct rrj_signal *signal);

#endif
