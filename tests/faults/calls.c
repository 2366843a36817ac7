/* SPDX-License-Identifier: GPL-2.0-or-later */
/* calls.c - system calls of the threads engine's workers. Any thread; the main thread's pass untouched. */
#include "faults.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

/* Makes the call through `next`, unless it has to fail. */
#define CALL(returns, name, parameters, arguments, which, shorten) \
	INTERPOSED returns name parameters;                        \
	INTERPOSED returns name parameters                         \
	{                                                          \
		static returns(*next) parameters;                  \
		struct fault fault = { .most = -1 };               \
		if (!next)                                         \
			*(void **)&next = next_function(#name);    \
		if (gettid() != getpid())                          \
			fault = fault_of(which, fd);               \
		fault_delay(&fault);                               \
		if (fault.error) {                                 \
			errno = fault.error;                       \
			return -1;                                 \
		}                                                  \
		if (fault.most >= 0) {                             \
			shorten;                                   \
		}                                                  \
		return next arguments;                             \
	}

#define BYTES size = size < (size_t)fault.most ? size : (size_t)fault.most
#define PARTS                                                                                                          \
	struct iovec first = { iov->iov_base, iov->iov_len < (size_t)fault.most ? iov->iov_len : (size_t)fault.most }; \
	return next(fd, &first, n > 0, offset)

CALL(ssize_t, pread64, (int fd, void *data, size_t size, off64_t offset), (fd, data, size, offset), FAULT_READ, BYTES)
CALL(ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t offset), (fd, data, size, offset), FAULT_WRITE,
     BYTES)
CALL(ssize_t, preadv64, (int fd, const struct iovec *iov, int n, off64_t offset), (fd, iov, n, offset), FAULT_READ,
     PARTS)
CALL(ssize_t, pwritev64, (int fd, const struct iovec *iov, int n, off64_t offset), (fd, iov, n, offset), FAULT_WRITE,
     PARTS)
CALL(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size), FAULT_WRITE, BYTES)
CALL(int, fsync, (int fd), (fd), FAULT_FLUSH, )
CALL(int, fdatasync, (int fd), (fd), FAULT_FLUSH, )
CALL(int, fallocate64, (int fd, int mode, off64_t offset, off64_t size), (fd, mode, offset, size), FAULT_ALLOCATE, )
CALL(int, ftruncate64, (int fd, off64_t size), (fd, size), FAULT_TRUNCATE, )

/* It returns an error's number. */
INTERPOSED int posix_fallocate64(int fd, off64_t offset, off64_t size);
INTERPOSED int posix_fallocate64(int fd, off64_t offset, off64_t size)
{
	static int (*next)(int, off64_t, off64_t);
	struct fault fault = { .most = -1 };

	if (!next)
		*(void **)&next = next_function("posix_fallocate64");
	if (gettid() != getpid())
		fault = fault_of(FAULT_ALLOCATE, fd);
	fault_delay(&fault);
	return fault.error ? fault.error : next(fd, offset, size);
}

/* ---- a job begins late: behind a worker's unlock ---- */

static __thread bool is_worker;

/* That is how a worker waits for its first job, and nobody else for anything. */
INTERPOSED int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until);
INTERPOSED int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until)
{
	static int (*next)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);

	if (!next)
		*(void **)&next = next_function("pthread_cond_timedwait");
	is_worker = gettid() != getpid();
	return next(cond, mutex, until);
}

INTERPOSED int pthread_mutex_unlock(pthread_mutex_t *mutex);
INTERPOSED int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	static int (*next)(pthread_mutex_t *);
	struct fault fault = { .most = -1 };
	int result;

	if (!next)
		*(void **)&next = next_function("pthread_mutex_unlock");
	result = next(mutex);
	if (is_worker)
		fault = fault_of(FAULT_UNLOCK, -1);
	fault_delay(&fault);
	return result;
}
