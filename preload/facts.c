/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * facts.c - lseek, and reads and ioctls that are no requests: journalled when recording, taken from there in replay.
 *
 * Main, vCPU thread and iothreads, of descriptors that they have opened (descriptor.h). The answers depend on the
 * host's file system, on how it has allocated the file and on what workers do at that moment, and the guest's requests
 * depend on them: block/file-posix.c:find_allocation (SEEK_DATA, SEEK_HOLE), raw_getlength (SEEK_END),
 * raw_is_io_aligned (reads that only try), raw_probe_alignment, hdev_get_max_hw_transfer, check_hdev_writable,
 * hdev_probe_geometry and cdrom_is_inserted (ioctl). A worker's are answered from the virtual file.
 */
#include "facts.h"

#include <errno.h>
#include <linux/fs.h>
#include <linux/hdreg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "config.h"
#include "descriptor.h"
#include "files.h"
#include "interpose.h"
#include "self.h"
#include "tape.h"

static bool asked(int fd)
{
	return self_is_party() && config.mode != MODE_OFF && descriptor_known(fd);
}

/* ---- lseek ---- */

static off64_t worker_seeks(int fd, off64_t offset, int whence, off64_t result)
{
	struct file *file;

	if (whence != SEEK_END || self.inside || !descriptor_image(fd))
		return result;
	self.inside = true;
	file = file_of(fd);
	self.inside = false;
	return (off64_t)file->image.size + offset;
}

/* The descriptor's place moves in any case. */
static off64_t seek(int fd, off64_t offset, int whence, off64_t result)
{
	if (whence != SEEK_END && whence != SEEK_DATA && whence != SEEK_HOLE)
		return result;
	if (!asked(fd))
		return worker_seeks(fd, offset, whence, result);
	return tape_result(RRJ_SEEK, result, NULL);
}

#undef lseek
#undef lseek64
INTERPOSED off_t lseek(int fd, off_t offset, int whence)
{
	return seek(fd, offset, whence, real.lseek(fd, offset, whence));
}

INTERPOSED off64_t lseek64(int fd, off64_t offset, int whence)
{
	return seek(fd, offset, whence, real.lseek64(fd, offset, whence));
}

/* ---- reads and ioctls ---- */

/* What requests without a size in their number fill in. The others say so: _IOC_SIZE. */
static size_t filled_in(unsigned long request)
{
	switch (request) {
	case BLKSSZGET:
	case BLKROGET:
	case BLKPBSZGET:
	case BLKIOMIN:
	case BLKIOOPT:
	case BLKALIGNOFF:
		return sizeof(int);
	case BLKGETSIZE:
	case BLKRAGET:
		return sizeof(long);
	case BLKSECTGET:
	case BLKROTATIONAL:
		return sizeof(unsigned short);
	case HDIO_GETGEO:
		return sizeof(struct hd_geometry);
	default:
		return (_IOC_DIR(request) & _IOC_READ) ? _IOC_SIZE(request) : 0;
	}
}

bool fact_asked(const struct call *call)
{
	return (call->op == RRJ_READ || call->op == RRJ_IOCTL) && asked(call->fd);
}

int64_t fact_answer(const struct call *call, int64_t result)
{
	if (call->op == RRJ_READ)
		return tape_result(RRJ_PROBE, result, NULL);
	return tape_result_of(RRJ_DEVICE, result, (void *)call->data, filled_in((unsigned long)call->offset));
}
