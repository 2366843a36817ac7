/* SPDX-License-Identifier: GPL-2.0-or-later */
/* writer.h - what tests may ask of a writer besides rrio/journal.h: small blocks. */
#ifndef RRJ_WRITER_H
#define RRJ_WRITER_H

#include "rrio/journal.h"

/* From this much content on a tail is sealed; before the first record. Usually RRJ_BLOCK_FULL. */
void rrj_writer_block_full(struct rrj_writer *writer, size_t size);

#endif
