/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * content.h - a recording's content, wherever it is: blocks of the journal, then frames of the tails. FORMAT.md,
 * section 8. One thread; allocates only when opened.
 */
#ifndef RRJ_CONTENT_H
#define RRJ_CONTENT_H

#include "codec.h"
#include "files.h"

enum { RRJ_NEXT_BLOCK = 2 };

struct rrj_content {
	struct rrj_files files;
	struct rrj_unpacker unpacker;
	struct rrj_place place; /* of the block at hand */
	uint8_t *bytes;		/* its content so far */
	size_t size, taken;	/* how much there is; how much of it has been handed out */
	bool whole;		/* it comes from a block, so that there is no more of it */
	uint64_t after;		/* then: the hash including it */
	uint64_t tail_offset;	/* of the next frame in its tail; 0: no tail is being read */
	int tail;
	struct {
		uint64_t number, offset;
	} next;		  /* the first block of the journal that has not been passed */
	uint64_t offset;  /* where the last content, the end or the damage is, */
	const char *file; /* and in which file */
};

int rrj_content_open(struct rrj_content *content, int fd);
void rrj_content_close(struct rrj_content *content);

/*
 * Everything so far has been taken, and has led to this end (turns and icount). 1: there is more; RRJ_NEXT_BLOCK: the
 * next block has begun; 0: nothing more (so far); -EBADMSG: damage; another -errno. ended: nothing more may come.
 */
int rrj_content_more(struct rrj_content *content, const struct rrj_place *end, bool ended);

/* Goes to the last block whose start is before that, else to the first; its content has not been read then. */
typedef bool rrj_content_before(const struct rrj_place *place, uint64_t value);
int rrj_content_seek(struct rrj_content *content, rrj_content_before *before, uint64_t value);

#endif
