/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uring.c - io_uring as librrio.so uses it. A request that has to fail goes to the kernel as one that does nothing, so
 * that its completion comes as any other. Any thread.
 */
#include "faults.h"

#include <liburing.h>

static enum fault_call call_of(const struct io_uring_sqe *sqe)
{
	if (sqe->opcode == IORING_OP_FSYNC)
		return FAULT_FLUSH;
	return sqe->opcode == IORING_OP_READV ? FAULT_READ : FAULT_WRITE;
}

static void tamper(struct io_uring_sqe *sqe)
{
	const struct iovec *iov = (const struct iovec *)(uintptr_t)sqe->addr;
	struct answer *answer;
	struct fault fault;

	if (sqe->opcode == IORING_OP_NOP)
		return;
	fault = fault_of(call_of(sqe), sqe->fd);
	if (!fault.error && fault.most < 0 && !fault.delay)
		return;
	answer = answer_keep(sqe->user_data, &fault);
	if (fault.error) {
		uint64_t cookie = sqe->user_data;

		io_uring_prep_nop(sqe);
		sqe->user_data = cookie;
	} else if (fault.most >= 0 && sqe->opcode != IORING_OP_FSYNC && sqe->len == 1) {
		answer->part = *iov;
		if (answer->part.iov_len > (size_t)fault.most)
			answer->part.iov_len = (size_t)fault.most;
		sqe->addr = (uintptr_t)&answer->part;
	}
}

INTERPOSED int io_uring_submit(struct io_uring *ring)
{
	static int (*next)(struct io_uring * ring);
	struct io_uring_sq *sq = &ring->sq;
	struct fault fault = { .most = -1 };

	if (!next)
		*(void **)&next = next_function("io_uring_submit");
	if (sq->sqe_head != sq->sqe_tail)
		fault = fault_of(FAULT_SUBMIT, sq->sqes[sq->sqe_head & sq->ring_mask].fd);
	fault_delay(&fault);
	if (fault.error)
		return -fault.error;
	for (unsigned i = sq->sqe_head; i != sq->sqe_tail; i++)
		tamper(&sq->sqes[i & sq->ring_mask]);
	return next(ring);
}

INTERPOSED int __io_uring_get_cqe(struct io_uring *ring, struct io_uring_cqe **cqe, unsigned count, unsigned wait,
				  sigset_t *mask)
{
	static int (*next)(struct io_uring * ring, struct io_uring_cqe * *cqe, unsigned count, unsigned wait,
			   sigset_t *mask);
	struct fault fault;
	int result;

	if (!next)
		*(void **)&next = next_function("__io_uring_get_cqe");
	result = next(ring, cqe, count, wait, mask);
	if (result || !*cqe || !answer_take((*cqe)->user_data, &fault))
		return result;
	fault_delay(&fault);
	if (fault.error)
		(*cqe)->res = -fault.error;
	return result;
}
