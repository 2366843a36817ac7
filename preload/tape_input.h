/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tape_input.h - between tape.c and tape_input.c, which share the journal. Others call what is in tape.h. */
#ifndef PRELOAD_TAPE_INPUT_H
#define PRELOAD_TAPE_INPUT_H

#include "tape.h"

/* Replay: this reader, which stands behind START, is for the inputs. */
void tape_follow_inputs(struct rrj_reader *reader);

/* How many there have been. */
uint64_t tape_inputs(void);

/* Of tape.c. Record: a record is written, and not lost from here on. Replay: as rrj_next, with its messages. */
void tape_append(const struct rrj_record *record);
void tape_write(void);
int tape_read(struct rrj_reader *reader, struct rrj_record *record);

#endif
