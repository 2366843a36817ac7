/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sample.h - journals to test with. Every function here checks its own calls with CU_ASSERT_FATAL.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rrio/journal.h"

/* One record of each type and more, with extreme values; START first, END last; each turn has its seq. */
extern const struct rrj_record samples[];
extern const size_t sample_count;

bool same_record(const struct rrj_record *a, const struct rrj_record *b);

/* An empty file without a name. */
int empty_file(void);

/* A file with these bytes. */
int file_of(const uint8_t *bytes, size_t size);

/* All of a file; free() it. */
uint8_t *bytes_of(int fd, size_t *size);

struct rrj_writer *attached_writer(int *fd);
void append(struct rrj_writer *writer, const struct rrj_record *record);

/* The samples' bytes, `together` records in each commit; frame_ends[i]: where the frame with record i ends. free(). */
uint8_t *sample_journal(size_t together, size_t *size, size_t *frame_ends);

/*
 * Reads fd from start to end and checks that what comes are the samples, in order: how many came. *last is the value
 * of the last rrj_next (or of rrj_reader_new, with no state), *offset where it stopped.
 */
size_t read_samples(int fd, int *last, enum rrj_state *state, uint64_t *offset);

/* A generator of the same numbers in each run. */
uint64_t random_number(uint64_t *seed);

#endif
