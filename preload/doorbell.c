/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doorbell.c - write: an eventfd is written to with eight bytes. When the vCPU thread does so (a virtio kick, a bottom
 * half) its slice ends right there, in both runs, so that the main loop gets a turn soon; or the bell can wait.
 */
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "descriptor.h"
#include "interpose.h"
#include "job.h"
#include "outside.h"
#include "self.h"
#include "turnstile.h"

/* The vCPU thread's. */
static ssize_t ring(int fd, const void *data)
{
	ssize_t result = sizeof(uint64_t);
	int saved = errno;

	if (!turnstile_bell_waits(fd)) {
		result = real.write(fd, data, sizeof(uint64_t));
		saved = errno;
	}
	turnstile_doorbell();
	errno = saved;
	return result;
}

INTERPOSED ssize_t write(int fd, const void *data, size_t size)
{
	ssize_t result;

	if (outside_is_call(fd))
		return outside_write(fd, data, size);
	if (descriptor_write(fd, data, size, &result))
		return result;
	if (self.role == THREAD_VCPU && size == 8 && !self.inside)
		return ring(fd, data);
	result = real.write(fd, data, size);
	if (result < 0 && self.role == THREAD_WORKER)
		job_write_failed(fd);
	if (size == 8)
		self.rang = true;
	return result;
}
