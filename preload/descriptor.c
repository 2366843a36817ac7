/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * descriptor.c - fcntl and fstat, and what open.c's functions leave to know. Who calls what: descriptor.h.
 *
 * A replay opens the recorded images for reading alone, so that nothing can write to them, and without O_DIRECT. What
 * the emulator asks about such a descriptor is answered as if it had got what it wanted.
 */
#include "descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"
#include "files.h"
#include "interpose.h"
#include "job.h"
#include "message.h"
#include "outside.h"
#include "root.h"
#include "self.h"
#include "store.h"
#include "tape.h"

static struct descriptor {
	_Atomic bool known;
	int flags;	/* as asked for */
	uint32_t image; /* replay: its number in the store; 0: none */
} descriptors[DESCRIPTORS];

static struct descriptor *find(int fd)
{
	return fd >= 0 && fd < DESCRIPTORS && descriptors[fd].known ? &descriptors[fd] : NULL;
}

static struct descriptor *find_image(int fd)
{
	struct descriptor *d = find(fd);

	return d && d->image ? d : NULL;
}

bool descriptor_known(int fd)
{
	return find(fd) != NULL;
}

uint32_t descriptor_image(int fd)
{
	const struct descriptor *d = find(fd);

	return d ? d->image : 0;
}

static void know(int fd, int flags, uint32_t image)
{
	if (fd < 0 || fd >= DESCRIPTORS)
		return;
	descriptors[fd].flags = flags;
	descriptors[fd].image = image;
	atomic_store(&descriptors[fd].known, true);
}

/* ---- open and close ---- */

static bool is_disk(const struct stat *status)
{
	return S_ISREG(status->st_mode) || S_ISBLK(status->st_mode);
}

/* The image's number when the file behind fd, or that name, is one of the recording's. */
static uint32_t image_behind(int fd, const char *name)
{
	char path[PATH_MAX];
	uint64_t size;
	uint32_t image = file_path_of(fd, path, sizeof(path)) ? store_find(root_recorded(path), &size) : 0;

	return image ? image : store_find(name, &size);
}

/* One that is not there. Its descriptor is of the private overlay, opened again for reading. */
static bool open_missing(const char *name, int flags, int *fd)
{
	uint64_t size;
	uint32_t image = store_find(name, &size);
	char link[64];

	if (!image)
		return false;
	/* One that the recorded run has made held nothing at first. */
	if (config.data != RRJ_DATA_FULL && size)
		message_end(STATUS_UNREADABLE,
			    "the image %s is not there; put it back, or record with RRIO_DATA=full, which needs none for "
			    "a replay; rrio-inspect dump %s shows what happened [image-missing]",
			    name, tape_dir());
	snprintf(link, sizeof(link), "/proc/self/fd/%d", overlay_open(&file_missing(image)->image));
	*fd = real.open64(link, O_RDONLY | (flags & O_CLOEXEC), 0);
	know(*fd, flags, image);
	return true;
}

static bool open_image(const char *asked, const char *path, int flags, int *fd)
{
	char name[PATH_MAX];
	struct stat status;
	uint32_t image;

	if (!root_absolute(root_recorded(asked), name))
		return false;
	if (stat(path, &status) < 0)
		return errno == ENOENT || errno == ENOTDIR ? open_missing(name, flags, fd) : false;
	if (!is_disk(&status))
		return false;
	*fd = real.open64(path, O_RDONLY | (flags & (O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)), 0);
	if (*fd < 0)
		return false;
	image = image_behind(*fd, name);
	if (!image) {
		real.close(*fd);
		return false;
	}
	know(*fd, flags, image);
	if ((flags & O_ACCMODE) != O_RDONLY)
		overlay_open(&file_of(*fd)->image); /* now, since later the process may have fewer rights */
	return true;
}

bool descriptor_open(const char *asked, const char *path, int flags, int *fd)
{
	bool is_image;

	if (!self_is_party() || !replaying() || (flags & O_TMPFILE) == O_TMPFILE)
		return false;
	self.inside = true;
	is_image = open_image(asked, path, flags, fd);
	self.inside = false;
	return is_image;
}

/* Recording: by what name an image was opened, should a replay have to do without it. */
static void note_name(const struct stat *status, const char *path)
{
	char name[PATH_MAX];

	if (root_absolute(path, name))
		file_opened(status, name);
}

void descriptor_opened(int fd, const char *asked, int flags)
{
	struct stat status;
	int saved = errno;

	if (fd < 0 || !self_is_party() || config.mode == MODE_OFF)
		return;
	self.inside = true;
	if (real.fstat64(fd, (struct stat64 *)&status) == 0 && is_disk(&status)) {
		know(fd, flags, 0);
		if (recording() && !(flags & O_CREAT))
			note_name(&status, asked);
	}
	self.inside = false;
	errno = saved;
}

void descriptor_closed(int fd)
{
	if (fd >= 0 && fd < DESCRIPTORS)
		atomic_store(&descriptors[fd].known, false);
}

/* block/file-posix.c:handle_aiocb_truncate, where it fills with zeros what is new */
bool descriptor_write(int fd, const void *data, size_t size, ssize_t *result)
{
	off64_t place;

	if (self.role != THREAD_WORKER || self.inside || !find_image(fd))
		return false;
	self.inside = true;
	place = real.lseek64(fd, 0, SEEK_CUR);
	*result = -1;
	if (!job_write_fails(place)) {
		overlay_write(&file_of(fd)->image, data, (uint64_t)place, size);
		real.lseek64(fd, place + (off64_t)size, SEEK_SET);
		*result = (ssize_t)size;
	}
	self.inside = false;
	return true;
}

/* ---- fcntl ---- */

/*
 * Image locking tells other emulators by locks on bytes from 100 on what this one does to the image, and by those from
 * 200 on what it does not share (block/file-posix.c:raw_apply_lock_bytes; 1 to 3: write, write unchanged, resize). A
 * replay does not write: two may run at the same time, but none beside an emulator that writes.
 */
static bool is_about_writing(const struct flock *lock)
{
	return (lock->l_start > 100 && lock->l_start <= 103) || (lock->l_start > 200 && lock->l_start <= 203);
}

static bool answer_lock(int command, struct flock *lock)
{
	bool writes = lock->l_start < 200;

	if (!is_about_writing(lock))
		return false;
	if ((command == F_OFD_SETLK || command == F_SETLK) && writes)
		return true;
	if ((command != F_OFD_GETLK && command != F_GETLK) || writes)
		return false;
	lock->l_type = F_UNLCK;
	return true;
}

/* What a replay's image answers instead of the host. */
static bool answer(struct descriptor *d, int command, void *argument, int *result)
{
	*result = 0;
	switch (command) {
	case F_GETFL:
		*result = d->flags & ~(O_CLOEXEC | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC);
		return true;
	case F_SETFL:
		d->flags = (d->flags & O_ACCMODE) | ((int)(intptr_t)argument & ~O_ACCMODE);
		return true;
	case F_OFD_SETLK:
	case F_OFD_GETLK:
	case F_SETLK:
	case F_GETLK:
		return answer_lock(command, argument);
	default:
		return false;
	}
}

static int control(int (*original)(int, int, void *), int fd, int command, void *argument)
{
	struct descriptor *d = find(fd);
	int result;

	if (outside_is_call(fd))
		return outside_fcntl(original, fd, command, argument);
	if (d && d->image && !self.inside && answer(d, command, argument, &result))
		return result;
	result = original(fd, command, argument);
	if (d && result >= 0 && (command == F_DUPFD || command == F_DUPFD_CLOEXEC))
		know(result, d->flags, d->image);
	return result;
}

/* Variadic in the C library's header; every command has at most one argument. */
#define ARGUMENT(last)                                  \
	({                                              \
		va_list arguments;                      \
		void *argument;                         \
		va_start(arguments, last);              \
		argument = va_arg(arguments, void *);   \
		va_end(arguments);                      \
		argument;                               \
	})

#undef fcntl
#undef fcntl64
INTERPOSED int fcntl(int fd, int command, ...)
{
	return control(real.fcntl, fd, command, ARGUMENT(command));
}

INTERPOSED int fcntl64(int fd, int command, ...)
{
	return control(real.fcntl64, fd, command, ARGUMENT(command));
}

/* ---- fstat ---- */

/* The size as it is in this run: block/file-posix.c:handle_aiocb_truncate. */
static int status_of(int result, int fd, off64_t *size)
{
	if (result == 0 && find_image(fd) && !self.inside) {
		self.inside = true;
		*size = (off64_t)file_of(fd)->image.size;
		self.inside = false;
	}
	return result;
}

#undef fstat
#undef fstat64
INTERPOSED int fstat(int fd, struct stat *status)
{
	return status_of(real.fstat(fd, status), fd, &status->st_size);
}

INTERPOSED int fstat64(int fd, struct stat64 *status)
{
	return status_of(real.fstat64(fd, status), fd, &status->st_size);
}
