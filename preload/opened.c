/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * opened.c - keeps the list of the files that the emulator opens, and in replay compares what it opens with it.
 *
 * Main, vCPU and loop threads, one at a time: at start-up there is only one, and later they have turns. No allocation,
 * but for the list that is read at the start of a replay. Only calls of the emulator and of glib for it count: what
 * its other libraries open is the system's (configuration, fonts), and not to be taken along. A list that cannot be
 * written costs no recording: it is told once, and rrio pack will miss it.
 */
#include "opened.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <xxhash.h>

#include "config.h"
#include "files.h"
#include "interpose.h"
#include "message.h"
#include "root.h"
#include "self.h"

#define OPENED "opened"

enum { SEEN = 1024, PENDING = 256 << 10, LIST_MAX = 16 << 20 };

static uint64_t seen[SEEN];   /* hashes of what has been listed */
static char pending[PENDING]; /* until the recording's folder is there */

static struct {
	unsigned count;
	size_t used;
	int fd;
	bool failed;
} list = { .fd = -1 };

/* Replay: the recorded list, entry behind entry. */
static struct {
	const char *bytes;
	size_t size;
} then;

static struct range {
	uintptr_t begin, end;
} callers[2]; /* the emulator, glib */

/* ---- who calls ---- */

static struct range range_of(const struct dl_phdr_info *info)
{
	struct range range = { UINTPTR_MAX, 0 };

	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uintptr_t first = info->dlpi_addr + segment->p_vaddr;

		if (segment->p_type != PT_LOAD)
			continue;
		range.begin = first < range.begin ? first : range.begin;
		range.end = first + segment->p_memsz > range.end ? first + segment->p_memsz : range.end;
	}
	return range;
}

static int find_callers(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size, (void)unused;
	if (!callers[0].end)
		callers[0] = range_of(info); /* the first object is the executable */
	else if (strstr(info->dlpi_name, "/libglib-2.0.so"))
		callers[1] = range_of(info);
	return 0;
}

void opened_init(void)
{
	dl_iterate_phdr(find_callers, NULL);
}

static bool counts(const void *caller)
{
	for (int i = 0; i < 2; i++)
		if ((uintptr_t)caller >= callers[i].begin && (uintptr_t)caller < callers[i].end)
			return true;
	return false;
}

static bool begins(const char *path, const char *with)
{
	return !strncmp(path, with, strlen(with));
}

/*
 * What is no file of anybody's: devices, the kernel's own, the overlay of snapshot=on (block.c:create_tmp_file), what is
 * in the folder that smb= makes for itself and takes away (net/slirp.c:slirp_smb).
 */
static bool is_no_file(const char *path)
{
	const char *name = strrchr(path, '/');

	return begins(path, "/dev/") || begins(path, "/proc/") || begins(path, "/sys/") ||
	       (name && begins(name, "/vl.") && strlen(name) == 10) ||
	       (name && !strcmp(name, "/smb.conf") && strstr(path, "/qemu-smb."));
}

/* ---- recording ---- */

static void put(const char *bytes, size_t size)
{
	bool fits = list.fd >= 0 || list.used + size <= sizeof(pending);

	if (list.fd >= 0)
		fits = real.write(list.fd, bytes, size) == (ssize_t)size;
	else if (fits)
		memcpy(pending + list.used, bytes, size);
	if (fits && list.fd < 0)
		list.used += size;
	if (!fits && !list.failed)
		message(MODULE_FILES, MESSAGE_WARN,
			"the list of the files that the emulator opens cannot be kept; the recording replays, but "
			"rrio pack may miss a file [opened-not-kept]");
	list.failed |= !fits;
}

static bool is_new(enum opened_how how, const char *path)
{
	uint64_t hash = XXH3_64bits_withSeed(path, strlen(path), (uint64_t)how);

	for (unsigned i = 0; i < list.count; i++)
		if (seen[i] == hash)
			return false;
	if (list.count == SEEN)
		return false;
	seen[list.count++] = hash;
	return true;
}

/* One entry: how, size and digest; the path that was asked for; the path that it leads to. */
static void note(enum opened_how how, uint64_t size, uint64_t digest, const char *asked, const char *leads)
{
	char entry[2 * PATH_MAX + 64];
	int n = snprintf(entry, sizeof(entry), "%c %" PRIu64 " %016" PRIx64 "%c%s%c%s", how, size, digest, '\0', asked,
			 '\0', leads);

	put(entry, (size_t)n + 1);
}

static void note_file(const char *path, int fd, const struct stat *status, enum opened_how how)
{
	uint64_t size = how == OPENED_CREATE ? 0 : (uint64_t)status->st_size;
	char leads[PATH_MAX];

	if (!is_new(how, path))
		return;
	file_path_of(fd, leads, sizeof(leads));
	note(how, size, how == OPENED_READ ? file_digest(path, size) : 0, path, *leads ? leads : path);
}

void opened_keep(int dir)
{
	int fd = openat(dir, OPENED, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t used = list.used;

	if (fd < 0)
		return; /* the next entry says so */
	list.fd = fd;
	list.used = 0;
	put(pending, used);
}

void opened_image(const char *path)
{
	if (is_new(OPENED_IMAGE, path))
		note(OPENED_IMAGE, 0, 0, path, path);
}

/* ---- replay ---- */

struct entry {
	const char *head, *asked, *leads;
};

/* The entry at *at, and *at behind it; false at the end. The list ends with a NUL of ours. */
static bool next(size_t *at, struct entry *entry)
{
	const char **const strings[] = { &entry->head, &entry->asked, &entry->leads };

	for (int i = 0; i < 3; i++) {
		if (*at >= then.size)
			return false;
		*strings[i] = then.bytes + *at;
		*at += strlen(*strings[i]) + 1;
	}
	return true;
}

/* What is known of a file that was only ever read; what a run writes to is compared where its requests are. */
static bool find(const char *path, uint64_t *size, uint64_t *digest)
{
	struct entry entry, read = { 0 };

	for (size_t at = 0; next(&at, &entry);) {
		if (strcmp(entry.asked, path) != 0)
			continue;
		if (entry.head[0] != OPENED_READ)
			return false;
		read = entry;
	}
	for (size_t at = 0; read.head && next(&at, &entry);)
		if (entry.head[0] == OPENED_IMAGE && !strcmp(entry.leads, read.leads))
			return false;
	return read.head && sscanf(read.head, "%*c %" SCNu64 " %" SCNx64, size, digest) == 2;
}

static void compare(const char *path, const char *here, const struct stat *status)
{
	uint64_t size, digest;

	if (!is_new(OPENED_READ, path) || !find(path, &size, &digest))
		return;
	if (size == (uint64_t)status->st_size && digest == file_digest(here, size))
		return;
	message_end(STATUS_UNREADABLE,
		    "%s is not the file that was there when it was recorded: %" PRIu64 " bytes, recorded %" PRIu64
		    "%s; put that one back: rrio info shows the command line [opened-differs]",
		    path, (uint64_t)status->st_size, size,
		    size == (uint64_t)status->st_size ? " with other content" : "");
}

void opened_load(int dir)
{
	int fd = openat(dir, OPENED, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat status;
	char *bytes = NULL;

	if (fd < 0)
		return;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= LIST_MAX)
		bytes = calloc(1, (size_t)status.st_size + 1);
	if (bytes && real.read(fd, bytes, (size_t)status.st_size) == status.st_size) {
		then.bytes = bytes;
		then.size = (size_t)status.st_size;
	}
	close(fd);
}

bool opened_elsewhere(const char *path)
{
	const char *name = strrchr(path, '/');
	char absolute[PATH_MAX];
	struct entry entry;
	bool elsewhere = false;

	if (!then.size || !name || !root_absolute(path, absolute))
		return false;
	for (size_t at = 0; next(&at, &entry);) {
		const char *found = strrchr(entry.asked, '/');

		if (!found || entry.head[0] != OPENED_READ || strcmp(found, name) != 0)
			continue;
		if (!strcmp(entry.asked, absolute))
			return false;
		elsewhere = true;
	}
	return elsewhere;
}

/* ---- both ---- */

void opened_file(const char *path, int fd, enum opened_how how, const void *caller)
{
	char absolute[PATH_MAX];
	struct stat status;
	int saved = errno;

	if (fd < 0 || !self_is_party() || config.mode == MODE_OFF || !counts(caller))
		return;
	self.inside = true;
	if (root_absolute(path, absolute) && !is_no_file(absolute) && fstat(fd, &status) == 0 &&
	    S_ISREG(status.st_mode)) {
		if (recording())
			note_file(absolute, fd, &status, how);
		else if (how == OPENED_READ)
			compare(absolute, path, &status);
	}
	self.inside = false;
	errno = saved;
}

void opened_module(const char *path)
{
	char absolute[PATH_MAX];

	if (!recording() || !self_is_party() || !path || !strchr(path, '/'))
		return;
	self.inside = true;
	if (root_absolute(path, absolute) && is_new(OPENED_MODULE, absolute))
		note(OPENED_MODULE, 0, 0, absolute, absolute);
	self.inside = false;
}
