// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * files.c - opens a recording's files and tells what is in them.
 *
 * Owns the descriptors that it opens and one window of memory. One thread. Calls openat, fstat, pread, close. A file
 * that is not a regular one is never read. -errno on failure.
 */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const tail_names[] = RRJ_TAIL_NAMES;

enum { ROOM = RRJ_BLOCK_HEAD_SIZE + RRJ_HEAD_SIZE + RRJ_CONTENT_MAX };

/* A regular file of that name, or -errno. */
static int open_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return errno == ELOOP ? -EMEDIUMTYPE : -errno;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -EMEDIUMTYPE;
}

static int open_journal(struct rrj_files *s, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (S_ISREG(st.st_mode)) {
		s->journal = fd;
		return 0;
	}
	if (!S_ISDIR(st.st_mode))
		return -EMEDIUMTYPE;
	s->dir = fd;
	s->journal = open_file(fd, RRJ_JOURNAL_NAME);
	for (int i = 0; i < RRJ_TAILS; i++)
		s->tails[i] = open_file(fd, tail_names[i]);
	return s->journal < 0 ? s->journal : 0;
}

int rrj_files_open(struct rrj_files *s, int fd)
{
	struct rrj_place place;
	const uint8_t *bytes = NULL;
	ssize_t n;

	*s = (struct rrj_files){ .dir = -1, .journal = -1, .tails = { -1, -1 } };
	n = open_journal(s, fd);
	n = n ? n : rrj_window_init(&s->window, s->journal, ROOM);
	n = n ? n : rrj_files_at(s, -1, 0, RRJ_HEADER_SIZE, &bytes);
	n = n < 0 ? n : rrj_header_read(&s->seal, &place, RRJ_JOURNAL_FILE, bytes, (size_t)n);
	if (n)
		rrj_files_close(s);
	return (int)n;
}

void rrj_files_close(struct rrj_files *s)
{
	rrj_window_free(&s->window);
	if (s->dir >= 0 && s->journal >= 0)
		close(s->journal);
	for (int i = 0; i < RRJ_TAILS; i++)
		if (s->tails[i] >= 0)
			close(s->tails[i]);
}

void rrj_files_drop(struct rrj_files *s)
{
	rrj_window_drop(&s->window);
}

ssize_t rrj_files_at(struct rrj_files *s, int tail, uint64_t offset, size_t size, const uint8_t **bytes)
{
	int fd = tail < 0 ? s->journal : s->tails[tail];

	if (s->window.fd != fd)
		rrj_window_drop(&s->window);
	s->window.fd = fd;
	return rrj_window_at(&s->window, offset, size, bytes);
}

int64_t rrj_files_size(const struct rrj_files *s, int tail)
{
	struct stat st;

	return fstat(tail < 0 ? s->journal : s->tails[tail], &st) ? -errno : (int64_t)st.st_size;
}

int rrj_files_head(struct rrj_files *s, uint64_t offset, struct rrj_block *block)
{
	const uint8_t *bytes;
	ssize_t n = rrj_files_at(s, -1, offset, RRJ_BLOCK_HEAD_SIZE, &bytes);

	if (n < 0)
		return (int)n;
	return n == RRJ_BLOCK_HEAD_SIZE && rrj_block_read(block, bytes, &s->seal, offset);
}

/* ---- tails ---- */

/* It was not there, or its writer had not made it. A process that has given up its rights since is told no more. */
static void try_again(struct rrj_files *s, int tail)
{
	int fd = open_file(s->dir, tail_names[tail]);

	if (fd != -EACCES || s->tails[tail] != -ENOENT)
		s->tails[tail] = fd;
}

/* The header of one tail: 1 and its place; 0 without one, empty or torn in its first bytes; -EBADMSG; another -errno.
 */
static int read_tail(struct rrj_files *s, int tail, struct rrj_place *place)
{
	uint8_t header[RRJ_HEADER_SIZE];
	struct rrj_seal seal;
	ssize_t n;

	if (s->tails[tail] < 0)
		try_again(s, tail);
	if (s->tails[tail] == -EMEDIUMTYPE)
		return -EBADMSG;
	if (s->tails[tail] < 0)
		return s->tails[tail] == -ENOENT ? 0 : s->tails[tail];
	do
		n = pread(s->tails[tail], header, sizeof(header), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n < RRJ_HEADER_SIZE)
		return 0;
	if (rrj_header_read(&seal, place, RRJ_TAIL_FILE, header, sizeof(header)) ||
	    memcmp(seal.id, s->seal.id, sizeof(seal.id)))
		return -EBADMSG;
	return 1;
}

int rrj_files_tails(struct rrj_files *s, uint64_t number, struct rrj_tails *tails)
{
	*tails = (struct rrj_tails){ .found = -1, .behind = -1 };
	for (int i = 0; s->dir >= 0 && i < RRJ_TAILS; i++) {
		struct rrj_place place;
		int found = read_tail(s, i, &place);

		if (found < 0 && found != -EBADMSG)
			return found;
		if (found == 1 && place.number == number) {
			tails->found = i;
			tails->place = place;
		} else if (found == 1 && place.number == number + 1) {
			tails->behind = i;
			tails->next = place;
		} else if (found < 0 || (found == 1 && place.number > number)) {
			tails->strange = true;
		}
	}
	return 0;
}
