// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sealer.c - full tails become blocks.
 *
 * Owns the journal's end and, while they are full, the slots. One thread, with all signals blocked, that makes system
 * calls and computes: it takes no lock, allocates nothing and calls nothing of the emulator's. On failure it cuts the
 * torn block off, leaves the tail as it is and ends; nothing is lost, since a reader takes what no block has from the
 * tail.
 */
#include "sealer.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STACK = 256 << 10, PARTS = 4 };

int rrj_sealer_init(struct rrj_sealer *s)
{
	*s = (struct rrj_sealer){ .fd = -1 };
	s->out = malloc(RRJ_BLOCK_HEAD_SIZE + RRJ_PACK_ROOM);
	for (int i = 0; i < RRJ_TAILS; i++) {
		s->slots[i].fd = -1;
		s->slots[i].content = malloc(RRJ_CONTENT_MAX);
	}
	if (!rrj_packer_init(&s->packer) && s->out && s->slots[0].content && s->slots[1].content)
		return 0;
	rrj_sealer_free(s);
	return -ENOMEM;
}

void rrj_sealer_free(struct rrj_sealer *s)
{
	for (int i = 0; i < RRJ_TAILS; i++)
		free(s->slots[i].content);
	free(s->out);
	rrj_packer_free(&s->packer);
}

/* ---- writing ---- */

/* Takes so many bytes off the front of the parts. */
static void skip(struct iovec *parts, int n, size_t size)
{
	for (int i = 0; i < n; i++) {
		size_t part = size < parts[i].iov_len ? size : parts[i].iov_len;

		parts[i].iov_base = (uint8_t *)parts[i].iov_base + part;
		parts[i].iov_len -= part;
		size -= part;
	}
}

int rrj_write_all(int fd, const struct iovec *parts, int n, uint64_t offset)
{
	struct iovec left[PARTS];
	size_t size = 0;

	memcpy(left, parts, (size_t)n * sizeof(*left));
	for (int i = 0; i < n; i++)
		size += parts[i].iov_len;
	while (size) {
		ssize_t written = pwritev(fd, left, n, (off_t)offset);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return written < 0 ? -errno : -EIO;
		skip(left, n, (size_t)written);
		offset += (uint64_t)written;
		size -= (size_t)written;
	}
	return 0;
}

/* ---- sealing ---- */

/* Packs the content behind the block's head. */
static void store(struct rrj_sealer *s, const struct rrj_slot *slot, struct rrj_block *block)
{
	uint8_t *stored = s->out + RRJ_BLOCK_HEAD_SIZE;
	size_t size;

	block->codec = rrj_pack(&s->packer, stored, &size, slot->content, slot->used);
	block->stored = (uint32_t)size;
	block->content = (uint32_t)slot->used;
	block->checksum = rrj_block_checksum(&s->seal, stored, size);
}

static int append_block(struct rrj_sealer *s, const struct rrj_slot *slot)
{
	struct rrj_block block = { .place = slot->place, .after = slot->after };
	struct iovec part = { .iov_base = s->out };
	int error;

	store(s, slot, &block);
	rrj_block_write(s->out, &block, &s->seal, s->size);
	part.iov_len = RRJ_BLOCK_HEAD_SIZE + block.stored;
	error = rrj_write_all(s->fd, &part, 1, s->size);
	if (!error)
		s->size += part.iov_len;
	else if (ftruncate(s->fd, (off_t)s->size) < 0)
		return error; /* a torn block whose tail is there is no harm */
	return error;
}

/* The next slot: its block first, only then the tail goes. */
static int seal(struct rrj_sealer *s)
{
	struct rrj_slot *slot = &s->slots[s->next];
	int error = slot->in_block ? 0 : append_block(s, slot);

	if (error)
		return error;
	slot->in_block = true; /* once, also when the tail cannot be emptied and this is tried again */
	if (ftruncate(slot->fd, 0) < 0)
		return -errno;
	slot->in_block = false;
	slot->used = 0;
	s->next = (s->next + 1) % RRJ_TAILS;
	atomic_store(&slot->full, false);
	return 0;
}

/* ---- the thread ---- */

static void await(sem_t *semaphore)
{
	while (sem_wait(semaphore) < 0 && errno == EINTR)
		;
}

static void *run(void *argument)
{
	struct rrj_sealer *s = argument;
	int error = 0;

	for (await(&s->given); !error && !atomic_load(&s->stop); await(&s->given)) {
		error = seal(s);
		atomic_store(&s->error, error);
		sem_post(&s->freed);
		if (error)
			break;
	}
	return NULL;
}

void rrj_sealer_start(struct rrj_sealer *s)
{
	sigset_t all, before;
	pthread_attr_t attributes;

	if (sem_init(&s->given, 0, 0) || sem_init(&s->freed, 0, 0) || pthread_attr_init(&attributes))
		return;
	pthread_attr_setstacksize(&attributes, STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	s->running = !pthread_create(&s->thread, &attributes, run, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
}

void rrj_sealer_give(struct rrj_sealer *s, struct rrj_slot *slot)
{
	atomic_store(&slot->full, true);
	if (s->running)
		sem_post(&s->given);
	else
		atomic_store(&s->error, seal(s));
}

int rrj_sealer_wait(struct rrj_sealer *s, struct rrj_slot *slot)
{
	while (atomic_load(&slot->full)) {
		int error = atomic_load(&s->error);

		if (error)
			return error;
		await(&s->freed);
	}
	return 0;
}

int rrj_sealer_finish(struct rrj_sealer *s)
{
	int error = 0;

	if (s->running) {
		atomic_store(&s->stop, true);
		sem_post(&s->given);
		pthread_join(s->thread, NULL);
		s->running = false;
	}
	while (!error && atomic_load(&s->slots[s->next].full))
		error = seal(s);
	return error;
}
