// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * space.c - rrio.work=space: the disk's room is written past every cache, given back and zeroed, in the file system and
 * behind it, where the disk has to have 8 MiB more. Called by process 1 with the disk's root as the current folder.
 * Leaves no file behind. Prints nothing; -errno on failure, -EILSEQ for wrong data, -ENOSPC for a disk that does not
 * grow.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"
#include "pattern.h"

#define MIB UINT64_C(0x100000)

enum { FILES = 8, THROUGH = 24, ROUNDS = 2000, SEED_SPACE = 9000 };

/* Behind the file system: what is where. */
#define BEHIND	  (256 * MIB)
#define DISCARDED (BEHIND + 1 * MIB)
#define ZEROED	  (BEHIND + 2 * MIB)
#define WRITTEN	  (BEHIND + 4 * MIB)
#define THROUGHS  (BEHIND + 6 * MIB)
#define ROOM	  (8 * MIB)

const char *work_disk;

/* ---- in the file system ---- */

/* Blocks of a file or disk, each of which is on the medium when the call returns: FUA, or a flush behind it. */
static int write_through(const char *name, uint64_t offset, uint64_t seed, uint64_t *sum)
{
	int err = 0, fd = file_open(name, O_RDWR | O_DIRECT | O_DSYNC);

	if (fd < 0)
		return fd;
	for (unsigned int i = 0; !err && i < THROUGH; i++) {
		struct span span = { .seed = seed, .offset = offset + i * 7 % THROUGH * BLOCK, .bytes = BLOCK };

		err = span_write(fd, span);
		if (!err)
			err = span_read(fd, span, sum);
	}
	close(fd);
	return err;
}

/* Files of pattern data, every other one deleted again. */
static int make_files(uint64_t seed)
{
	char name[32];
	int err = 0;

	for (unsigned int i = 0; !err && i < FILES; i++) {
		snprintf(name, sizeof(name), "space%u", i);
		err = file_write(name, (struct span){ .seed = seed + i, .bytes = MIB });
		if (!err && i % 2 && unlink(name))
			err = -errno;
	}
	return err;
}

static int read_files(uint64_t seed, uint64_t *sum)
{
	char name[32];
	int err = drop_caches();

	for (unsigned int i = 0; !err && i < FILES; i += 2) {
		snprintf(name, sizeof(name), "space%u", i);
		err = file_read(name, (struct span){ .seed = seed + i, .bytes = MIB }, sum);
		if (!err && unlink(name))
			err = -errno;
	}
	return err;
}

/* As fstrim does. */
static int trim(void)
{
	struct fstrim_range all = { .len = UINT64_MAX };
	int err = 0, fd = file_open(".", O_RDONLY | O_DIRECTORY);

	if (fd < 0)
		return fd;
	if (ioctl(fd, FITRIM, &all))
		err = -errno;
	close(fd);
	return err;
}

static int in_files(uint64_t seed, uint64_t *sum)
{
	int err = make_files(seed);

	if (!err)
		err = trim();
	if (!err)
		err = write_through("space0", 0, seed, sum);
	return err ? err : read_files(seed, sum);
}

/* ---- behind it ---- */

/* What was there is nobody's business any more; `zeroed`: it must be zeros. */
static int read_gone(int fd, uint64_t offset, uint64_t bytes, bool zeroed, uint64_t *sum)
{
	static _Alignas(BLOCK) uint64_t words[CHUNK / sizeof(uint64_t)];

	for (uint64_t done = 0; done < bytes; done += CHUNK) {
		if (pread(fd, words, CHUNK, (off_t)(offset + done)) != CHUNK)
			return -EIO;
		for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
			if (zeroed && words[i])
				return -EILSEQ;
			*sum = (*sum ^ words[i]) * UINT64_C(0x100000001b3);
		}
	}
	return 0;
}

static int write_zeros(int fd, uint64_t offset, uint64_t bytes)
{
	static const _Alignas(BLOCK) char zeros[CHUNK];

	for (uint64_t done = 0; done < bytes; done += CHUNK)
		if (pwrite(fd, zeros, CHUNK, (off_t)(offset + done)) != CHUNK)
			return -EIO;
	return 0;
}

/* As blkdiscard does, and blkdiscard -z: whole mebibytes, and what is a multiple of a sector only. */
static int give_back(int fd)
{
	static const struct {
		unsigned long request;
		uint64_t range[2];
	} ranges[] = {
		{ BLKDISCARD, { DISCARDED, MIB / 2 } },
		{ BLKDISCARD, { DISCARDED + MIB / 2 + 3584, 66048 } },
		{ BLKDISCARD, { DISCARDED + MIB - 8192, 8192 } },
		{ BLKZEROOUT, { ZEROED, MIB } },
		{ BLKZEROOUT, { ZEROED + MIB + 512, MIB / 2 - 512 } },
		{ BLKZEROOUT, { ZEROED + MIB, 512 } },
		{ BLKZEROOUT, { ZEROED + MIB + MIB / 2, MIB / 2 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		if (ioctl(fd, ranges[i].request, ranges[i].range))
			return -errno;
	return 0;
}

static int on_disk(int fd, const char *path, uint64_t seed, uint64_t *sum)
{
	struct span before = { .seed = seed, .offset = BEHIND, .bytes = ROOM - 2 * MIB };
	struct span kept = { .seed = seed, .offset = BEHIND, .bytes = MIB };
	int err = span_write(fd, before);

	if (!err)
		err = give_back(fd);
	if (!err)
		err = write_zeros(fd, WRITTEN, MIB);
	if (!err)
		err = write_through(path, THROUGHS, seed, sum);
	if (!err)
		err = span_read(fd, kept, sum);
	if (!err)
		err = read_gone(fd, DISCARDED, MIB, false, sum);
	if (!err)
		err = read_gone(fd, ZEROED, 2 * MIB, true, sum);
	return err ? err : read_gone(fd, WRITTEN, MIB, true, sum);
}

/* The disk may be one that grows only now. */
static int wait_for_room(int fd)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	uint64_t bytes;

	for (int i = 0; i < ROUNDS; i++) {
		if (ioctl(fd, BLKGETSIZE64, &bytes))
			return -errno;
		if (bytes >= BEHIND + ROOM)
			return 0;
		nanosleep(&pause, NULL);
	}
	return -ENOSPC;
}

int run_space(unsigned int round, uint64_t *sum)
{
	uint64_t seed = SEED_SPACE + round * FILES;
	char path[300];
	int err, fd;

	snprintf(path, sizeof(path), "/dev/%s", work_disk);
	fd = file_open(path, O_RDWR | O_DIRECT);
	if (fd < 0)
		return fd;
	err = in_files(seed, sum);
	if (!err)
		err = wait_for_room(fd);
	if (!err)
		err = on_disk(fd, path, seed, sum);
	close(fd);
	return err;
}
