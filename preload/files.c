/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * files.c - names and identities of the files on which the emulator does disk I/O.
 *
 * file_of() runs in worker threads; the rest in whoever holds the turn. A file's identity is its size and a digest of
 * its content, of samples only when it is large, taken through a descriptor of our own before its first request. What
 * differs between the samples is noticed at the first request that reads it, by its checksum.
 */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "interpose.h"
#include "message.h"
#include "root.h"

/* A small file is read whole; of a larger one the first and the last 64 KiB, and 256 places of 4 KiB in between. */
enum { WHOLE = 32 << 20, SAMPLE_ENDS = 65536, SAMPLE = 4096, SAMPLES = 256 };

static struct file files[FILES_MAX], recorded[FILES_MAX];
static unsigned known; /* entries of files[] in use */
static unsigned entered;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* false: the host cannot read that part. */
static bool sample(XXH3_state_t *state, int fd, uint64_t offset, size_t size)
{
	unsigned char buffer[16 * SAMPLE];

	while (size) {
		ssize_t n = real.pread64(fd, buffer, size < sizeof(buffer) ? size : sizeof(buffer), (off64_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		XXH3_64bits_update(state, buffer, (size_t)n);
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return true;
}

/* 0: it cannot be read, so nothing is known of its content. */
uint64_t file_digest(const char *path, uint64_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	XXH3_state_t state = { 0 };
	bool sound;

	if (fd < 0)
		return 0;
	XXH3_64bits_reset(&state);
	sound = sample(&state, fd, 0, size <= WHOLE ? size : SAMPLE_ENDS);
	for (unsigned i = 1; sound && i <= SAMPLES && size > WHOLE; i++)
		sound = sample(&state, fd, size / (SAMPLES + 1) * i / SAMPLE * SAMPLE, SAMPLE);
	if (sound && size > WHOLE)
		sound = sample(&state, fd, size - SAMPLE_ENDS, SAMPLE_ENDS);
	close(fd);
	return sound ? XXH3_64bits_digest(&state) : 0;
}

/*
 * The overlay that snapshot=on makes: a file named vl.XXXXXX in the folder for temporary files, whose name is taken
 * away once it is open. QEMU: block.c:create_tmp_file (7.2: get_tmp_filename).
 */
static bool is_temporary(const char *path, const struct stat *status)
{
	const char *name = strrchr(path, '/');

	return status->st_nlink == 0 || (name && !strncmp(name, "/vl.", 4) && strlen(name) == 10);
}

static void identify(struct file *file, int fd, const struct stat *status)
{
	struct rrj_file *record = &file->record;
	char link[64];
	ssize_t length;
	int flags = fcntl(fd, F_GETFL);

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, file->path, sizeof(file->path) - 1);
	file->path[length > 0 ? length : 0] = '\0';
	*record = (struct rrj_file){ .path = file->path, .size = (uint64_t)status->st_size };
	if (flags >= 0 && (flags & O_ACCMODE) == O_RDONLY)
		record->flags |= RRJ_FILE_READ_ONLY;
	if (S_ISBLK(status->st_mode) || S_ISCHR(status->st_mode))
		record->flags |= RRJ_FILE_DEVICE;
	if (is_temporary(file->path, status)) {
		record->flags |= RRJ_FILE_TEMPORARY;
		return;
	}
	if (S_ISBLK(status->st_mode))
		record->size = (uint64_t)lseek(fd, 0, SEEK_END);
	record->mtime_ns = status->st_mtim.tv_sec * 1000000000LL + status->st_mtim.tv_nsec;
	record->digest = file_digest(file->path, record->size);
}

static struct file *find_or_add(int fd, const struct stat *status)
{
	for (unsigned i = 0; i < known; i++)
		if (files[i].inode == status->st_ino && files[i].device == status->st_dev)
			return &files[i];
	if (known == FILES_MAX)
		return NULL;
	files[known].device = status->st_dev;
	files[known].inode = status->st_ino;
	identify(&files[known], fd, status);
	return &files[known++];
}

struct file *file_of(int fd)
{
	struct file *file = NULL;
	struct stat status;
	int saved = errno;

	if (fstat(fd, &status) == 0) {
		real.pthread_mutex_lock(&lock);
		file = find_or_add(fd, &status);
		real.pthread_mutex_unlock(&lock);
	}
	errno = saved;
	return file;
}

bool file_enter(struct file *file)
{
	if (!file || file->record.id)
		return false;
	file->record.id = ++entered;
	return true;
}

uint32_t file_id(const struct file *file)
{
	return file ? file->record.id : 0;
}

const char *file_name(const struct file *file)
{
	if (!file)
		return "(no file)";
	return file->record.flags & RRJ_FILE_TEMPORARY ? "(temporary overlay)" : file->path;
}

void file_recorded(const struct rrj_file *record)
{
	struct file *file;

	if (!record->id || record->id > FILES_MAX)
		return;
	file = &recorded[record->id - 1];
	file->record = *record;
	snprintf(file->path, sizeof(file->path), "%s", record->path);
	file->record.path = file->path;
}

const char *file_recorded_name(uint32_t id)
{
	return id && id <= FILES_MAX && recorded[id - 1].record.id ? file_name(&recorded[id - 1]) : "(no file)";
}

void file_compare(const struct file *file)
{
	const struct rrj_file *now = &file->record;
	const struct file *then = &recorded[now->id - 1];

	if ((now->flags ^ then->record.flags) & (RRJ_FILE_TEMPORARY | RRJ_FILE_DEVICE) ||
	    (!(now->flags & RRJ_FILE_TEMPORARY) && strcmp(root_recorded(file->path), then->path)))
		message_end(STATUS_UNREADABLE,
			    "file %u is %s, where the recording used %s; replay with the recorded command line [other-file]",
			    now->id, file_name(file), file_name(then));
	if (now->flags & RRJ_FILE_TEMPORARY)
		return;
	if (now->size != then->record.size)
		message_end(
			STATUS_UNREADABLE,
			"image %s has %llu bytes, where the recording began with %llu; put back the image as it was [image-size]",
			file->path, (unsigned long long)now->size, (unsigned long long)then->record.size);
	/* What could not be read, now or then, is compared request by request. */
	if (now->digest && then->record.digest && now->digest != then->record.digest)
		message_end(STATUS_UNREADABLE,
			    "image %s has other content than the recording began with (digest %016llx, expected "
			    "%016llx); put back the image as it was (the recorded run may have written to it) [image-content]",
			    file->path, (unsigned long long)now->digest, (unsigned long long)then->record.digest);
}
