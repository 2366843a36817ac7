/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * aio.c - Linux AIO as librrio.so uses it: io_submit, and io_getevents by syscall(). A request that has to fail goes to
 * the kernel as one that reads nothing, so that its completion comes as any other. Any thread.
 */
#include "faults.h"

#include <linux/aio_abi.h>
#include <stdarg.h>
#include <sys/syscall.h>

static bool is_read(const struct iocb *iocb)
{
	return iocb->aio_lio_opcode == IOCB_CMD_PREADV || iocb->aio_lio_opcode == IOCB_CMD_PREAD;
}

static enum fault_call call_of(const struct iocb *iocb)
{
	if (iocb->aio_lio_opcode == IOCB_CMD_FDSYNC || iocb->aio_lio_opcode == IOCB_CMD_FSYNC)
		return FAULT_FLUSH;
	return is_read(iocb) ? FAULT_READ : FAULT_WRITE;
}

static void tamper(struct iocb *iocb)
{
	struct fault fault = fault_of(call_of(iocb), (int)iocb->aio_fildes);
	const struct iovec *iov = (const struct iovec *)(uintptr_t)iocb->aio_buf;
	struct answer *answer;

	if (!fault.error && fault.most < 0 && !fault.delay)
		return;
	answer = answer_keep(iocb->aio_data, &fault);
	if (fault.error) {
		iocb->aio_lio_opcode = IOCB_CMD_PREADV;
		iocb->aio_nbytes = 0;
	} else if (fault.most >= 0 && iocb->aio_nbytes == 1) {
		answer->part = *iov;
		if (answer->part.iov_len > (size_t)fault.most)
			answer->part.iov_len = (size_t)fault.most;
		iocb->aio_buf = (uintptr_t)&answer->part;
	}
}

INTERPOSED int io_submit(unsigned long context, long count, struct iocb **iocbs);
INTERPOSED int io_submit(unsigned long context, long count, struct iocb **iocbs)
{
	static int (*next)(unsigned long context, long count, struct iocb **iocbs);
	struct fault fault = fault_of(FAULT_SUBMIT, (int)iocbs[0]->aio_fildes);

	if (!next)
		*(void **)&next = next_function("io_submit");
	fault_delay(&fault);
	if (fault.error)
		return -fault.error;
	if (fault.most >= 0 && count > fault.most)
		count = fault.most;
	for (long i = 0; i < count; i++)
		tamper(iocbs[i]);
	return next(context, count, iocbs);
}

static void set_answer(struct io_event *event)
{
	struct fault fault;

	if (!answer_take(event->data, &fault))
		return;
	fault_delay(&fault);
	if (fault.error)
		event->res = -fault.error;
}

INTERPOSED long syscall(long number, ...);
INTERPOSED long syscall(long number, ...)
{
	static long (*next)(long number, ...);
	va_list list;
	long a[6], result;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (!next)
		*(void **)&next = next_function("syscall");
	result = next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	for (long i = 0; number == SYS_io_getevents && i < result; i++)
		set_answer((struct io_event *)a[3] + i);
	return result;
}
