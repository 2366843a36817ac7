/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * insist.h - calls that are carried on with until there is nothing more to be had.
 *
 * A record has room for the results of so many calls. A job goes on with what fell short or was interrupted, however
 * often that happens: from the last such call on it is done for the job, to its end, and seen as one call. Behind it
 * there may be one more, which says that there is nothing more to be had, or why.
 *
 * Called by the worker whose job it is. errno is what the last call has left.
 */
#ifndef PRELOAD_INSIST_H
#define PRELOAD_INSIST_H

#include "request.h"

/* Does one go on after this result of a call, or -1 and errno? */
bool insist_again(int64_t result);

/* Makes a transfer, from or to its buffer when it has one, at most as long as is wanted. The result, or -1 and errno.
 */
int64_t insist_transfer(const struct call *call, bool insist);

/* The rest of a copy after that result of copy_file_range(), or -1; its offsets have moved on. As there. */
int64_t insist_copy(const struct call *call, int64_t result);

#endif
