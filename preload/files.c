/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * files.c - names and identities of the files on which the emulator does disk I/O.
 *
 * file_of() runs in whoever carries out a request; the rest in whoever holds the turn. An image's identity is its path;
 * its size and a digest of its content, of samples only when it is large, are noted when it is met. What differs from
 * them is no reason to refuse a replay, which stops where the guest reads it; but it is then the likely cause.
 */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <xxhash.h>

#include "config.h"
#include "descriptor.h"
#include "interpose.h"
#include "message.h"
#include "root.h"
#include "store.h"

/* A small file is read whole; of a larger one the first and the last 64 KiB, and 256 places of 4 KiB in between. */
enum { WHOLE = 32 << 20, SAMPLE_ENDS = 65536, SAMPLE = 4096, SAMPLES = 256 };

static struct file files[FILES_MAX], recorded[FILES_MAX];
static unsigned known; /* entries of files[] in use */
static unsigned entered;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* What a digest is taken of: a file, or what an image held at first. */
struct source {
	int fd;
	struct image *image;
};

static int64_t read_source(const struct source *source, void *data, uint64_t offset, size_t size)
{
	ssize_t n;

	if (source->image)
		return image_first(source->image, data, offset, size);
	do {
		n = real.pread64(source->fd, data, size, (off64_t)offset);
	} while (n < 0 && errno == EINTR);
	return n;
}

/* false: the host cannot read that part. */
static bool sample(XXH3_state_t *state, const struct source *source, uint64_t offset, size_t size)
{
	unsigned char buffer[16 * SAMPLE];

	while (size) {
		int64_t n = read_source(source, buffer, offset, size < sizeof(buffer) ? size : sizeof(buffer));

		if (n <= 0)
			return n == 0;
		XXH3_64bits_update(state, buffer, (size_t)n);
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return true;
}

/* 0: it cannot be read, so nothing is known of its content. */
static uint64_t digest(const struct source *source, uint64_t size)
{
	XXH3_state_t state = { 0 };
	bool sound;

	XXH3_64bits_reset(&state);
	sound = sample(&state, source, 0, size <= WHOLE ? size : SAMPLE_ENDS);
	for (unsigned i = 1; sound && i <= SAMPLES && size > WHOLE; i++)
		sound = sample(&state, source, size / (SAMPLES + 1) * i / SAMPLE * SAMPLE, SAMPLE);
	if (sound && size > WHOLE)
		sound = sample(&state, source, size - SAMPLE_ENDS, SAMPLE_ENDS);
	return sound ? XXH3_64bits_digest(&state) : 0;
}

uint64_t file_digest(const char *path, uint64_t size)
{
	struct source source = { .fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) };
	uint64_t value;

	if (source.fd < 0)
		return 0;
	value = digest(&source, size);
	close(source.fd);
	return value;
}

static uint64_t image_digest(struct image *image)
{
	return digest(&(struct source){ .fd = -1, .image = image }, image->first_size);
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

static struct {
	dev_t device;
	ino_t inode;
	char name[PATH_MAX];
} opened[FILES_MAX];

static unsigned opened_count;

/* By what other names it has been opened: a replay without it knows it by these. */
static void name_image(const struct file *file)
{
	for (unsigned i = 0; i < opened_count; i++)
		if (opened[i].inode == file->inode && opened[i].device == file->device &&
		    strcmp(opened[i].name, file->path) != 0)
			store_name(file->image.number, opened[i].name);
}

size_t file_path_of(int fd, char *path, size_t size)
{
	char link[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, size - 1);
	path[length > 0 ? length : 0] = '\0';
	return length > 0 ? (size_t)length : 0;
}

static void identify(struct file *file, int fd, const struct stat *status)
{
	struct rrj_file *record = &file->record;
	int flags = fcntl(fd, F_GETFL);

	file_path_of(fd, file->path, sizeof(file->path));
	*record = (struct rrj_file){ .path = file->path, .size = (uint64_t)status->st_size };
	if (flags >= 0 && (flags & O_ACCMODE) == O_RDONLY)
		record->flags |= RRJ_FILE_READ_ONLY;
	if (S_ISBLK(status->st_mode) || S_ISCHR(status->st_mode))
		record->flags |= RRJ_FILE_DEVICE;
	if (is_temporary(file->path, status)) {
		record->flags |= RRJ_FILE_TEMPORARY;
		return;
	}
	record->mtime_ns = status->st_mtim.tv_sec * 1000000000LL + status->st_mtim.tv_nsec;
	if (!S_ISREG(status->st_mode) && !S_ISBLK(status->st_mode))
		return;
	if (S_ISBLK(status->st_mode))
		record->size = (uint64_t)real.lseek64(fd, 0, SEEK_END);
	image_meet(&file->image, fd, file->path, record->size);
	record->size = file->image.first_size;
	if (!recording())
		return;
	record->digest = image_digest(&file->image);
	name_image(file);
}

static struct file *new_file(void)
{
	if (known == FILES_MAX)
		message_end(STATUS_UNSUPPORTED, "more than %d files with disk I/O cannot be recorded [too-many-files]",
			    FILES_MAX);
	return &files[known];
}

static struct file *find_or_add(int fd, const struct stat *status)
{
	struct file *file;

	for (unsigned i = 0; i < known; i++)
		if (files[i].inode == status->st_ino && files[i].device == status->st_dev)
			return &files[i];
	file = new_file();
	file->device = status->st_dev;
	file->inode = status->st_ino;
	identify(file, fd, status);
	known++;
	return file;
}

/* Of an image that the recording has, when there is one. */
static struct file *find_image(uint32_t image)
{
	for (unsigned i = 0; image && i < known; i++)
		if (files[i].image.number == image)
			return &files[i];
	return NULL;
}

struct file *file_of(int fd)
{
	struct file *file;
	struct stat status;
	int saved = errno;

	real.pthread_mutex_lock(&lock);
	file = replaying() ? find_image(descriptor_image(fd)) : NULL;
	if (!file && real.fstat64(fd, (struct stat64 *)&status) == 0)
		file = find_or_add(fd, &status);
	real.pthread_mutex_unlock(&lock);
	errno = saved;
	return file;
}

struct file *file_missing(uint32_t image)
{
	struct file *file;

	real.pthread_mutex_lock(&lock);
	file = find_image(image);
	if (!file) {
		file = new_file();
		file->device = (dev_t)-1;
		snprintf(file->path, sizeof(file->path), "%s", store_path(image));
		image_meet(&file->image, -1, file->path, 0);
		file->record = (struct rrj_file){ .path = file->path, .size = file->image.first_size };
		known++;
	}
	real.pthread_mutex_unlock(&lock);
	return file;
}

void file_opened(const struct stat *status, const char *name)
{
	struct file *file = NULL;

	real.pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < opened_count; i++)
		if (!strcmp(opened[i].name, name) && opened[i].inode == status->st_ino)
			goto out;
	if (opened_count == FILES_MAX)
		goto out;
	opened[opened_count].device = status->st_dev;
	opened[opened_count].inode = status->st_ino;
	snprintf(opened[opened_count++].name, PATH_MAX, "%s", name);
	for (unsigned i = 0; i < known && !file; i++)
		if (files[i].inode == status->st_ino && files[i].device == status->st_dev)
			file = &files[i];
	if (file && file->image.number && strcmp(name, file->path) != 0)
		store_name(file->image.number, name);
out:
	real.pthread_mutex_unlock(&lock);
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

/* What could not be read, now or then, is compared request by request. */
static bool has_changed(struct file *file, const struct file *then)
{
	uint64_t now = then->record.digest ? image_digest(&file->image) : 0;

	return now && now != then->record.digest;
}

void file_compare(struct file *file)
{
	const struct rrj_file *now = &file->record;
	const struct file *then = &recorded[now->id - 1];
	bool missing = file->image.is && file->image.fd < 0;

	if ((!missing && ((now->flags ^ then->record.flags) & (RRJ_FILE_TEMPORARY | RRJ_FILE_DEVICE))) ||
	    (!(now->flags & RRJ_FILE_TEMPORARY) && strcmp(root_recorded(file->path), then->path)))
		message_end(STATUS_UNREADABLE,
			    "file %u is %s, where the recording used %s; replay with the recorded command line [other-file]",
			    now->id, file_name(file), file_name(then));
	/* Without checksums nothing would notice it later. */
	if (config.data == RRJ_DATA_NONE && file->image.is && has_changed(file, then))
		message_end(STATUS_UNREADABLE,
			    "image %s has other content than the recording began with, and that was made without "
			    "checksums (RRIO_DATA=none); put back the image as it was [image-content]",
			    file->path);
}

const char *file_explain(struct file *file)
{
	if (!file || !file->image.is || !file->record.id)
		return "";
	if (file->image.fd < 0)
		return "; the image is not there, and the recording does not hold what was read";
	if (has_changed(file, &recorded[file->record.id - 1]))
		return "; the image has been changed since it was recorded: put it back as it was then or when the "
		       "recording ended";
	return "; perhaps the image has been changed since it was recorded";
}
