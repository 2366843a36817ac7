/* SPDX-License-Identifier: GPL-2.0-or-later */
/* insist.c - calls that are carried on with. Who calls what: insist.h. */
#include "insist.h"

#include <errno.h>
#include <unistd.h>

#include "interpose.h"

bool insist_again(int64_t result)
{
	return result > 0 || (result < 0 && errno == EINTR);
}

int64_t insist_transfer(const struct call *call, bool insist)
{
	char *memory = call->bounce ? call->bounce : (void *)call->data;
	uint64_t size = call_size(call), done = 0;
	int64_t n;

	do {
		off64_t offset = call->offset + (off64_t)done;

		n = call->op == RRJ_READ ? real.pread64(call->fd, memory + done, size - done, offset)
					 : real.pwrite64(call->fd, memory + done, size - done, offset);
		done += n > 0 ? (uint64_t)n : 0;
	} while (insist && done < size && insist_again(n));
	return done ? (int64_t)done : n;
}

int64_t insist_copy(const struct call *call, int64_t result)
{
	uint64_t done = result > 0 ? (uint64_t)result : 0;

	while (done < call->length && insist_again(result)) {
		result = real.copy_file_range(call->from, call->from_at, call->fd, call->to_at, call->length - done, 0);
		done += result > 0 ? (uint64_t)result : 0;
	}
	return done ? (int64_t)done : result;
}
