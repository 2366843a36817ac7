// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * second.c - a second disk, which two children write and read while the steps run on the first: requests on two queues
 * at once. Called by process 1. It has no file system; what was on it is lost. Prints nothing; -errno on failure.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

enum { CHILDREN = 2, BLOCKS = 150, SEED_SECOND = 7000 };

static struct result {
	uint64_t sum;
	int err;
} *results;

static pid_t children[CHILDREN];

/* Its driver may find it later than the first. */
static int open_disk(const char *disk)
{
	enum { ROUNDS = 2000 };
	const struct timespec pause = { .tv_nsec = 10000000 };
	char path[300];
	int fd = -ENODEV;

	snprintf(path, sizeof(path), "/dev/%s", disk);
	for (int i = 0; i < ROUNDS && fd < 0; i++) {
		fd = file_open(path, O_RDWR | O_DIRECT);
		if (fd < 0)
			nanosleep(&pause, NULL);
	}
	return fd;
}

/* Each child has every CHILDREN-th block, goes back and forth, and reads each one that it has written. */
static int work(int fd, unsigned int child, uint64_t *sum)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < BLOCKS; i++) {
		struct span span = { .seed = SEED_SECOND + child, .bytes = BLOCK };

		span.offset = ((uint64_t)(i * 97 % BLOCKS) * CHILDREN + child) * BLOCK;
		err = span_write(fd, span);
		if (!err)
			err = span_read(fd, span, sum);
	}
	return err;
}

static _Noreturn void run_child(const char *disk, unsigned int child)
{
	int fd = open_disk(disk);

	results[child].err = fd < 0 ? fd : work(fd, child, &results[child].sum);
	_exit(0);
}

int second_start(const char *disk)
{
	results = mmap(NULL, sizeof(*results) * CHILDREN, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (results == MAP_FAILED)
		return -errno;
	for (unsigned int i = 0; i < CHILDREN; i++) {
		children[i] = fork();
		if (!children[i])
			run_child(disk, i);
		if (children[i] < 0)
			return -errno;
	}
	return 0;
}

int second_finish(uint64_t *sum)
{
	for (unsigned int i = 0; i < CHILDREN; i++) {
		int status;

		if (waitpid(children[i], &status, 0) < 0)
			return -errno;
		if (!WIFEXITED(status))
			return -ECHILD;
		if (results[i].err)
			return results[i].err;
		*sum = (*sum ^ results[i].sum) * UINT64_C(0x100000001b3);
	}
	return 0;
}
