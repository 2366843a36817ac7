/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exchange.h - one call of a party that has to do with the outside, and its record.
 *
 * A wrapper fills in a struct exchange, asks exchange_begins() whether the call is journalled, makes the call unless
 * it is `told` (replay: what it hands back comes from the journal), and returns what exchange_ends() says. The wrappers
 * are generated from the EXTERNAL rows of interpose.def, or written by hand where a call does more.
 */
#ifndef PRELOAD_EXCHANGE_H
#define PRELOAD_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "external.h"
#include "rrio/journal.h"

/* A call hands back at most so much data: one that is asked for more is short. */
enum { EXCHANGE_DATA_MAX = 256 << 10 };

struct exchange {
	enum rrj_call call;
	int fd;			  /* -1: none yet */
	bool anyway;		  /* journalled whatever the descriptor is */
	enum external_kind makes; /* the result is a new descriptor of that kind */

	/* What the call takes: compared in replay by its digest. */
	const void *takes;
	size_t takes_size;
	const struct iovec *takes_iov;
	int takes_count;

	/* What it hands back: data, as many bytes as the result says; something of a known size; an address. */
	void *data;
	size_t data_size;
	const struct iovec *iov;
	int iov_count;
	void *gives;
	size_t gives_size;
	void *sized;
	socklen_t *size;
	struct msghdr *message; /* its name, control data and flags */

	bool told;
	socklen_t room; /* for what is sized */
};

/* Is this call journalled? Sets told. */
bool exchange_begins(struct exchange *exchange);
/* Writes down what came (result: the call's, errno set) or takes it from the journal. Returns the result, sets errno.
 */
int64_t exchange_ends(struct exchange *exchange, int64_t result);

/*
 * Replay: would that call be the next input? For calls that are journalled only with some paths, which they take (NULL:
 * they take nothing), or only by newer recordings.
 */
bool exchange_is_next(enum rrj_call call, const char *path);

#endif
