// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * content.c - finds the next piece of content, and judges what it means when there is none.
 *
 * Owns one block's content in memory. One thread. Calls what files.c calls. The order of looking is what makes reading
 * beside a writer safe: a tail is emptied only when its block is in the journal, so who has not found a block's tail,
 * and looks for the block then, finds it.
 */
#include "content.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const tail_names[] = RRJ_TAIL_NAMES;

static void rewind_to(struct rrj_content *c, const struct rrj_place *place)
{
	c->place = *place;
	c->size = c->taken = 0;
	c->whole = false;
	c->tail_offset = 0;
}

int rrj_content_open(struct rrj_content *c, int fd)
{
	int error = rrj_files_open(&c->files, fd);

	if (error)
		return error;
	c->bytes = malloc(RRJ_CONTENT_MAX);
	c->next.offset = c->offset = RRJ_HEADER_SIZE;
	c->file = RRJ_JOURNAL_NAME;
	error = c->bytes ? rrj_unpacker_init(&c->unpacker) : -ENOMEM;
	if (error)
		rrj_content_close(c);
	return error;
}

void rrj_content_close(struct rrj_content *c)
{
	rrj_files_close(&c->files);
	rrj_unpacker_free(&c->unpacker);
	free(c->bytes);
}

static void at(struct rrj_content *c, int tail, uint64_t offset)
{
	c->file = tail < 0 ? RRJ_JOURNAL_NAME : tail_names[tail];
	c->offset = offset;
}

/* The next block's place, when this one is complete and its records have led to that end. */
static struct rrj_place place_behind(const struct rrj_content *c, const struct rrj_place *end)
{
	uint64_t hash = c->whole ? c->after : rrj_hash(c->place.hash, c->bytes, c->size);

	return (struct rrj_place){ c->place.number + 1, end->turns, end->icount, hash };
}

/* ---- blocks ---- */

/* Passes the blocks that have been read from tails meanwhile: 1 at the block at hand, 0 before it, -errno. */
static int pass(struct rrj_content *c)
{
	while (c->next.number < c->place.number) {
		struct rrj_block block;
		int found = rrj_files_head(&c->files, c->next.offset, &block);

		if (found <= 0)
			return found;
		if (block.place.number != c->next.number)
			return -EBADMSG;
		c->next.number++;
		c->next.offset += RRJ_BLOCK_HEAD_SIZE + block.stored;
	}
	return 1;
}

/* The block's stored bytes become the content; false when they are not what its head says. */
static bool decode(struct rrj_content *c, const struct rrj_block *block, const uint8_t *stored)
{
	if (rrj_block_checksum(&c->files.seal, stored, block->stored) != block->checksum)
		return false;
	return rrj_unpack(&c->unpacker, block->codec, c->bytes, block->content, stored, block->stored) &&
	       block->after == rrj_hash(block->place.hash, c->bytes, block->content);
}

/* The block at hand from the journal: 1, 0 when it is not there, -errno. */
static int from_block(struct rrj_content *c)
{
	struct rrj_block block;
	const uint8_t *bytes;
	size_t all;
	ssize_t n;
	int found = pass(c);

	found = found > 0 ? rrj_files_head(&c->files, c->next.offset, &block) : found;
	if (found <= 0)
		return found;
	all = RRJ_BLOCK_HEAD_SIZE + block.stored;
	n = rrj_files_at(&c->files, -1, c->next.offset, all, &bytes);
	if (n < 0 || (size_t)n < all)
		return n < 0 ? (int)n : 0;
	at(c, -1, c->next.offset);
	if (!rrj_place_same(&block.place, &c->place) || block.content < c->taken)
		return -EBADMSG;
	if (!decode(c, &block, bytes + RRJ_BLOCK_HEAD_SIZE)) {
		c->size = c->taken;
		return -EBADMSG;
	}
	c->size = block.content;
	c->after = block.after;
	c->whole = true;
	c->next.number++;
	c->next.offset += all;
	return 1;
}

/* ---- tails ---- */

/* The next frame of the tail that is being read: 1, 0 when there is none that is whole, -errno. */
static int from_tail(struct rrj_content *c)
{
	const uint8_t *bytes;
	ssize_t n = rrj_files_at(&c->files, c->tail, c->tail_offset, RRJ_HEAD_SIZE, &bytes);
	uint32_t size;

	if (n < RRJ_HEAD_SIZE)
		return n < 0 ? (int)n : 0;
	size = rrj_frame_size(bytes);
	if (!size || size > RRJ_CONTENT_MAX - c->size)
		return 0;
	n = rrj_files_at(&c->files, c->tail, c->tail_offset, RRJ_HEAD_SIZE + size, &bytes);
	if (n < 0)
		return (int)n;
	if ((size_t)n < RRJ_HEAD_SIZE + size ||
	    !rrj_frame_valid(bytes, &c->files.seal, c->place.number, c->tail_offset))
		return 0;
	memcpy(c->bytes + c->size, bytes + RRJ_HEAD_SIZE, size);
	at(c, c->tail, c->tail_offset);
	c->size += size;
	c->tail_offset += RRJ_HEAD_SIZE + size;
	return 1;
}

/* Is there a whole frame behind the place in the tail where none starts? */
static bool frame_behind(struct rrj_content *c)
{
	const uint8_t *bytes;
	ssize_t n = rrj_files_at(&c->files, c->tail, c->tail_offset, RRJ_HEAD_SIZE + RRJ_CONTENT_MAX, &bytes);
	size_t effort = 64 << 20; /* bytes that all look like frames would take minutes */

	for (ssize_t i = 1; i + RRJ_HEAD_SIZE < n; i++) {
		uint32_t size = rrj_frame_size(bytes + i);

		if (!size || size > (size_t)(n - i - RRJ_HEAD_SIZE))
			continue;
		if (rrj_frame_valid(bytes + i, &c->files.seal, c->place.number, c->tail_offset + (uint64_t)i) ||
		    effort < size)
			return true;
		effort -= size;
	}
	return n == RRJ_HEAD_SIZE + RRJ_CONTENT_MAX; /* a torn frame is shorter */
}

/* Begins with the tail of the block at hand or, when that is exhausted, of the next one. */
static int begin_tail(struct rrj_content *c, const struct rrj_tails *tails, const struct rrj_place *end)
{
	struct rrj_place behind;

	if (!c->tail_offset && tails->found >= 0) {
		if (!rrj_place_same(&tails->place, &c->place)) {
			at(c, tails->found, 0);
			return -EBADMSG;
		}
		c->tail = tails->found;
		c->tail_offset = RRJ_HEADER_SIZE;
		return from_tail(c);
	}
	behind = place_behind(c, end);
	if (tails->behind < 0 || !rrj_place_same(&tails->next, &behind))
		return 0;
	rewind_to(c, &behind);
	return RRJ_NEXT_BLOCK;
}

/* ---- the end ---- */

/* What is in the journal where the next block should start: 0 nothing or a torn one, -EBADMSG what no writer wrote. */
static int judge_journal(struct rrj_content *c, bool torn_by_sealer)
{
	int64_t left = rrj_files_size(&c->files, -1) - (int64_t)c->next.offset;
	struct rrj_block block;
	const uint8_t *bytes;
	ssize_t n;
	int found;

	if (left <= 0)
		return 0;
	if (c->tail_offset == 0 && !torn_by_sealer)
		at(c, -1, c->next.offset);
	if (left > RRJ_BLOCK_HEAD_SIZE + RRJ_CONTENT_MAX)
		return -EBADMSG;
	if (left < RRJ_BLOCK_HEAD_SIZE || torn_by_sealer)
		return 0;
	found = rrj_files_head(&c->files, c->next.offset, &block);
	if (found)
		return found < 0 || RRJ_BLOCK_HEAD_SIZE + (int64_t)block.stored <= left ? -EBADMSG : 0;
	n = rrj_files_at(&c->files, -1, c->next.offset, (size_t)left, &bytes);
	for (ssize_t i = 0; i < n; i++)
		if (bytes[i])
			return -EBADMSG;
	return n < 0 ? (int)n : 0; /* a file that a power loss has left longer than its content */
}

static int judge(struct rrj_content *c, const struct rrj_tails *tails, bool ended)
{
	bool in_tail = tails->found >= 0 && c->tail_offset;

	at(c, in_tail ? c->tail : -1, in_tail ? c->tail_offset : c->next.offset);
	if (tails->strange || tails->behind >= 0)
		return -EBADMSG;
	if (in_tail && rrj_files_size(&c->files, c->tail) > (int64_t)c->tail_offset && (ended || frame_behind(c)))
		return -EBADMSG;
	if (ended && !in_tail && rrj_files_size(&c->files, -1) > (int64_t)c->next.offset)
		return -EBADMSG;
	return judge_journal(c, in_tail && !ended);
}

/* One look at all the places where more may be. */
static int look(struct rrj_content *c, struct rrj_tails *tails, const struct rrj_place *end)
{
	int found = c->tail_offset ? from_tail(c) : 0;

	if (found)
		return found;
	rrj_files_drop(&c->files);
	found = rrj_files_tails(&c->files, c->place.number, tails);
	found = found ? found : begin_tail(c, tails, end);
	return found ? found : from_block(c);
}

int rrj_content_more(struct rrj_content *c, const struct rrj_place *end, bool ended)
{
	struct rrj_tails tails = { 0 };
	int found = 0;

	if (c->whole) {
		struct rrj_place behind = place_behind(c, end);

		rewind_to(c, &behind);
		return RRJ_NEXT_BLOCK;
	}
	/* Twice, since a writer may go on between the looks. */
	for (int i = 0; !found && i < 2; i++)
		found = look(c, &tails, end);
	if (found == 1 && c->size == c->taken)
		return rrj_content_more(c, end, ended); /* a block of which all was known from its tail */
	return found ? found : judge(c, &tails, ended);
}

/* ---- seeking ---- */

int rrj_content_seek(struct rrj_content *c, rrj_content_before *before, uint64_t value)
{
	struct rrj_place place = { 0 };
	uint64_t number = 0, offset = RRJ_HEADER_SIZE;
	struct rrj_tails tails;
	struct rrj_block block;
	int found, error;

	rrj_files_drop(&c->files);
	c->next.number = 0;
	c->next.offset = RRJ_HEADER_SIZE;
	while ((found = rrj_files_head(&c->files, offset, &block)) > 0 && block.place.number == number &&
	       (!number || before(&block.place, value))) {
		place = block.place;
		c->next.number = number++;
		c->next.offset = offset;
		offset += RRJ_BLOCK_HEAD_SIZE + block.stored;
	}
	error = found < 0 ? found : rrj_files_tails(&c->files, number, &tails);
	if (!error && !found) {
		if (tails.found >= 0 && number && before(&tails.place, value))
			place = tails.place;
		if (tails.behind >= 0 && before(&tails.next, value))
			place = tails.next;
	}
	at(c, -1, c->next.offset);
	rewind_to(c, &place);
	return error;
}
