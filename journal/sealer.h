/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sealer.h - compresses full tails into blocks of the journal, in a thread of its own. FORMAT.md, section 4.
 *
 * Two slots, used in turn. The writer fills one and hands it over; from rrj_sealer_give until `full` is false again it
 * is the sealer's. All functions are the writer's thread's; allocation in rrj_sealer_init alone.
 */
#ifndef RRJ_SEALER_H
#define RRJ_SEALER_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/uio.h>

#include "codec.h"

struct rrj_slot {
	int fd; /* of the tail; -1: none yet */
	struct rrj_place place;
	uint8_t *content;
	size_t used;
	uint64_t after; /* the hash including this content */
	atomic_bool full;
	bool in_block; /* the sealer's: the journal has it, the tail too */
};

struct rrj_sealer {
	int fd; /* of the journal */
	struct rrj_seal seal;
	struct rrj_slot slots[RRJ_TAILS];
	unsigned next;	 /* the slot to seal next */
	uint64_t size;	 /* of the journal */
	uint8_t *out;	 /* a block: its head, then what it stores */
	struct rrj_packer packer;
	atomic_int error; /* why the thread has ended */
	bool running;
	atomic_bool stop;
	pthread_t thread;
	sem_t given, freed; /* semaphores: not among the functions that librrio.so replaces */
};

int rrj_sealer_init(struct rrj_sealer *sealer);
void rrj_sealer_free(struct rrj_sealer *sealer);

/* Starts the thread. Without one (the process may have too many) slots are sealed where they are given. */
void rrj_sealer_start(struct rrj_sealer *sealer);

/* Hands a full slot over; its tail holds all of it. */
void rrj_sealer_give(struct rrj_sealer *sealer, struct rrj_slot *slot);

/* Returns when the slot is free: 0, or the error because of which it will not be. */
int rrj_sealer_wait(struct rrj_sealer *sealer, struct rrj_slot *slot);

/* Ends the thread, then seals what is full, in order: 0 when all is. */
int rrj_sealer_finish(struct rrj_sealer *sealer);

/* Writes all, in one call unless the kernel splits it. */
int rrj_write_all(int fd, const struct iovec *parts, int n, uint64_t offset);

#endif
