/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * facts.h - what the host says of a file outside of requests, which QEMU lets its guest see: journalled.
 */
#ifndef PRELOAD_FACTS_H
#define PRELOAD_FACTS_H

#include "request.h"

/* Does the calling thread ask for such a fact by this call, which is no job's? */
bool fact_asked(const struct call *call);

/* The result of a read or an ioctl that fact_asked(), given what the host says now. Sets errno. */
int64_t fact_answer(const struct call *call, int64_t result);

#endif
