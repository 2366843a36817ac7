/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * passed.h - descriptors that another process passes in a message (SCM_RIGHTS): getfd and add-fd of QMP, helpers.
 *
 * Parties, as part of an exchange. What is passed is external, or a file, which replay opens by its name.
 */
#ifndef PRELOAD_PASSED_H
#define PRELOAD_PASSED_H

#include <stdint.h>
#include <sys/socket.h>

#include "../journal/wire.h"

/* Record: for each passed descriptor what it is; they are entered into the table. */
uint8_t *passed_put(uint8_t *out, const struct msghdr *message);
/* Replay: the descriptors' numbers in the message become those of this process's. */
void passed_get(struct rrj_in *in, struct msghdr *message);

#endif
