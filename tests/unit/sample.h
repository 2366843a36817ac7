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

/* The files that a recording may have. */
enum { FILES = 3 };
extern const char *const file_names[FILES];

/* A new folder's descriptor; and away with it and the recording in it. */
int new_folder(void);
void remove_folder(int dir);
bool has_file(int dir, const char *name);

struct rrj_writer *attached_writer(int *dir);
void append(struct rrj_writer *writer, const struct rrj_record *record);

/* A recording of the samples, `together` records in each commit, in blocks from that size on: its folder. */
int sample_recording(size_t together, size_t block, bool close_it);

/*
 * Reads fd from start to end and checks that what comes are the samples, in order: how many came. *last is the value
 * of the last rrj_next (or of rrj_reader_new, with no state), *offset where it stopped.
 */
size_t read_samples(int fd, int *last, enum rrj_state *state, uint64_t *offset);

/* A file of the folder from tests/golden/GOLDEN.hex, if there is one. */
bool unhex(int dir, const char *name, const char *golden);

/* A generator of the same numbers in each run. */
uint64_t random_number(uint64_t *seed);

#endif
