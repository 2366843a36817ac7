/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * files.h - the files of a recording, for reading. One thread; allocates only when made.
 */
#ifndef RRJ_FILES_H
#define RRJ_FILES_H

#include "block.h"
#include "window.h"

struct rrj_files {
	int dir;	      /* the caller's, or -1: then there are no tails */
	int journal;	      /* ours, when there is a dir */
	int tails[RRJ_TAILS]; /* -1: not there so far */
	struct rrj_window window;
	struct rrj_seal seal;
};

/* What the tails hold, beside the block that is looked for. */
struct rrj_tails {
	int found; /* the tail with it, or -1 */
	struct rrj_place place;
	int behind; /* the tail with the block after it, or -1 */
	struct rrj_place next;
	bool strange; /* one of a block that is further on, or without a header that makes sense */
};

/* fd: a recording's folder or its journal. As rrj_reader_new. */
int rrj_files_open(struct rrj_files *files, int fd);
void rrj_files_close(struct rrj_files *files);

/* Looks for the tail that will become this block. 0 or -errno. */
int rrj_files_tails(struct rrj_files *files, uint64_t number, struct rrj_tails *tails);

/* The head of the block at that offset of the journal: 1; 0 when none is there; -errno. */
int rrj_files_head(struct rrj_files *files, uint64_t offset, struct rrj_block *block);

/* As rrj_window_at, of the journal (-1) or a tail. */
ssize_t rrj_files_at(struct rrj_files *files, int tail, uint64_t offset, size_t size, const uint8_t **bytes);

/* What was read may have changed. */
void rrj_files_drop(struct rrj_files *files);

/* How many bytes the journal has, or a tail; -errno. */
int64_t rrj_files_size(const struct rrj_files *files, int tail);

#endif
