/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check.h - what the data must be; check.c says who may call what. */
#ifndef BARE_CHECK_H
#define BARE_CHECK_H

#include "disk.h"

/* Fills the request's pages: for a write with its pattern, for a read with what no disk holds. */
void check_fill(const struct request *request);

/* Spins until the last byte that a request reads is there; returns the time stamp. */
uint64_t check_watch(const struct request *request);

/* The CRC of a finished request's data. Failure and wrong data (-EILSEQ) end the machine, unless they are tolerated. */
uint32_t check_request(struct request *request, bool tolerate);

const char *check_operation(const struct request *request);

#endif
