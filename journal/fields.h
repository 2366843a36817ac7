/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fields.h - the records that are their fields one behind the other, from a table. Any thread; no allocation.
 */
#ifndef RRJ_FIELDS_H
#define RRJ_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rrio/journal.h"
#include "wire.h"

/* Has this type fields in the table? All but turns and requests have. */
bool rrj_fields_known(int type);

bool rrj_fields_ok(const struct rrj_record *record);
size_t rrj_fields_bound(const struct rrj_record *record);
uint8_t *rrj_fields_put(uint8_t *out, const struct rrj_record *record);

/* Into record, whose type is set. Bytes behind the known fields are a later version's and ignored. */
void rrj_fields_get(struct rrj_in *in, struct rrj_record *record);

#endif
