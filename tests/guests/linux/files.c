// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * files.c - whole transfers of pattern data, and small text files. Called by process 1 and by the children of the conc
 * step, each with its own copy of the buffer below. Prints nothing; -errno on failure, -EIO for a short transfer.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"
#include "pattern.h"

/* Aligned for O_DIRECT. */
static _Alignas(BLOCK) uint64_t buffer[CHUNK / sizeof(uint64_t)];

static int check(struct span span, uint64_t *sum)
{
	for (size_t i = 0; i < span.bytes / sizeof(buffer[0]); i++) {
		uint64_t word = le64toh(buffer[i]);

		if (word != pattern_word(span.seed, span.offset / sizeof(buffer[0]) + i))
			return -EILSEQ;
		*sum = (*sum ^ word) * UINT64_C(0x100000001b3);
	}
	return 0;
}

static int whole(ssize_t done, size_t wanted)
{
	if (done < 0)
		return -errno;
	return (size_t)done == wanted ? 0 : -EIO;
}

static int read_chunk(int fd, struct span span, uint64_t *sum)
{
	int err = whole(pread(fd, buffer, span.bytes, (off_t)span.offset), span.bytes);

	return err ? err : check(span, sum);
}

static int write_chunk(int fd, struct span span)
{
	pattern_fill(buffer, span.bytes, span.seed, span.offset);
	return whole(pwrite(fd, buffer, span.bytes, (off_t)span.offset), span.bytes);
}

/* The part of the span that is not done, as far as it fits into the buffer. */
static struct span next_chunk(struct span span, uint64_t done)
{
	uint64_t left = span.bytes - done;

	return (struct span){ .seed = span.seed, .offset = span.offset + done, .bytes = left < CHUNK ? left : CHUNK };
}

int span_read(int fd, struct span span, uint64_t *sum)
{
	int err = 0;

	for (uint64_t done = 0; !err && done < span.bytes; done += CHUNK)
		err = read_chunk(fd, next_chunk(span, done), sum);
	return err;
}

int span_write(int fd, struct span span)
{
	int err = 0;

	for (uint64_t done = 0; !err && done < span.bytes; done += CHUNK)
		err = write_chunk(fd, next_chunk(span, done));
	return err;
}

int file_open(const char *name, int flags)
{
	int fd = open(name, flags | O_CLOEXEC, 0644);

	return fd < 0 ? -errno : fd;
}

int file_read(const char *name, struct span span, uint64_t *sum)
{
	int fd = file_open(name, O_RDONLY);

	if (fd < 0)
		return fd;

	int err = span_read(fd, span, sum);

	close(fd);
	return err;
}

int file_write(const char *name, struct span span)
{
	int fd = file_open(name, O_WRONLY | O_CREAT | O_TRUNC);

	if (fd < 0)
		return fd;

	int err = span_write(fd, span);

	if (!err && fsync(fd))
		err = -errno;
	close(fd);
	return err;
}

int drop_caches(void)
{
	sync();

	int fd = file_open("/proc/sys/vm/drop_caches", O_WRONLY);

	if (fd < 0)
		return fd;

	int err = whole(write(fd, "3\n", 2), 2);

	close(fd);
	return err;
}

ssize_t read_text(const char *path, char *text, size_t size)
{
	size_t length = 0;
	ssize_t got;
	int fd = file_open(path, O_RDONLY);

	if (fd < 0)
		return fd;
	do {
		got = read(fd, text + length, size - 1 - length);
		length += got > 0 ? (size_t)got : 0;
	} while (got > 0 && length < size - 1);

	ssize_t err = got < 0 ? -errno : 0;

	close(fd);
	text[length] = '\0';
	return err ? err : (ssize_t)length;
}
