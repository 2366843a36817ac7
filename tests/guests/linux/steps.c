// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * steps.c - the guest's I/O, a step for each kind of access. Called by process 1 with the disk's root as the current
 * folder. Leaves no file of its own behind and never relies on what an earlier round has written, so any choice of
 * steps and rounds works on any disk. Prints nothing; -errno on failure, -EILSEQ for wrong data.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"
#include "pattern.h"

enum {
	SEQ_WRITE = 6 << 20,
	SMALL_FILES = 64,
	DIRECT_READS = 160,
	DIRECT_WRITES = 80,
	CONC_DIRECT_READS = 24,
	CONC_WRITE = 512 << 10,
	SYNC_WRITES = 32,
};

static struct span written(unsigned int round, unsigned int number, uint64_t bytes)
{
	return (struct span){ .seed = SEED_WRITTEN + round * 256 + number, .bytes = bytes };
}

/* The i-th block of a fixed random order in a file of that size. */
static uint64_t random_offset(unsigned int round, unsigned int i, uint64_t bytes)
{
	return pattern_word(round, i) % (bytes / BLOCK) * BLOCK;
}

/* ---- seq: large and sequential, through the page cache ---- */

static int run_seq(unsigned int round, uint64_t *sum)
{
	struct span out = written(round, 0, SEQ_WRITE);
	int err = drop_caches();

	if (!err)
		err = file_read(BIG_FILE, (struct span){ .seed = BIG_SEED, .bytes = BIG_BYTES }, sum);
	if (!err)
		err = file_write("seq.out", out);
	if (!err)
		err = drop_caches();
	if (!err)
		err = file_read("seq.out", out, sum);
	if (!err && unlink("seq.out"))
		err = -errno;
	return err;
}

/* ---- small: many files of odd sizes ---- */

static struct span small_file(unsigned int round, unsigned int i, char *name, size_t size)
{
	snprintf(name, size, "small/%u", i);
	return written(round, i, 8 * (1 + i * 37 % 1600));
}

static int small_write(unsigned int round)
{
	char name[32];
	int err = mkdir("small", 0755) ? -errno : 0;

	for (unsigned int i = 0; !err && i < SMALL_FILES; i++) {
		struct span span = small_file(round, i, name, sizeof(name));
		int fd = file_open(name, O_WRONLY | O_CREAT | O_EXCL);

		if (fd < 0)
			return fd;
		err = span_write(fd, span);
		close(fd);
	}
	return err;
}

static int small_read(unsigned int round, uint64_t *sum)
{
	char name[32];
	int err = 0;

	for (unsigned int i = 0; !err && i < SMALL_FILES; i++) {
		struct span span = small_file(round, i, name, sizeof(name));

		err = file_read(name, span, sum);
		if (!err && unlink(name))
			err = -errno;
	}
	return err;
}

static int run_small(unsigned int round, uint64_t *sum)
{
	int err = small_write(round);

	if (!err)
		err = drop_caches();
	if (!err)
		err = small_read(round, sum);
	if (!err && rmdir("small"))
		err = -errno;
	return err;
}

/* ---- direct: single blocks in random order, past the page cache ---- */

static int direct_reads(const char *name, struct span file, unsigned int round, unsigned int count, uint64_t *sum)
{
	int err = 0, fd = file_open(name, O_RDONLY | O_DIRECT);

	if (fd < 0)
		return fd;
	for (unsigned int i = 0; !err && i < count; i++) {
		uint64_t offset = random_offset(round, i, file.bytes);

		err = span_read(fd, (struct span){ .seed = file.seed, .offset = offset, .bytes = BLOCK }, sum);
	}
	close(fd);
	return err;
}

/* Writes a block, reads one back that was written a while ago. */
static int direct_writes(const char *name, struct span file, unsigned int round, uint64_t *sum)
{
	enum { LAG = 4 };
	int err = 0, fd = file_open(name, O_RDWR | O_DIRECT);

	if (fd < 0)
		return fd;
	for (unsigned int i = 0; !err && i < DIRECT_WRITES + LAG; i++) {
		/* One odd stride visits every block once: nothing that is still to be read back is overwritten. */
		struct span span = { .seed = file.seed, .bytes = BLOCK };

		if (i < DIRECT_WRITES) {
			span.offset = (i * 389 + round) * BLOCK % file.bytes;
			err = span_write(fd, span);
		}
		if (!err && i >= LAG) {
			span.offset = ((i - LAG) * 389 + round) * BLOCK % file.bytes;
			err = span_read(fd, span, sum);
		}
	}
	close(fd);
	return err;
}

static int run_direct(unsigned int round, uint64_t *sum)
{
	struct span big = { .seed = BIG_SEED, .bytes = BIG_BYTES };
	int err = direct_reads(BIG_FILE, big, round, DIRECT_READS, sum);

	return err ? err : direct_writes(DIRECT_FILE, written(round, 1, DIRECT_BYTES), round, sum);
}

/* ---- conc: several processes at once, each reading one part and writing a file ---- */

struct result {
	uint64_t sum;
	int err;
};

static void conc_child(unsigned int round, unsigned int part, struct result *result)
{
	char in[32], out[32];
	struct span span = { .seed = PART_SEED + part, .bytes = PART_BYTES };

	snprintf(in, sizeof(in), PART_FILE, part);
	snprintf(out, sizeof(out), "conc%u", part);
	result->err = file_read(in, span, &result->sum);
	if (!result->err)
		result->err = direct_reads(in, span, round * N_PARTS + part, CONC_DIRECT_READS, &result->sum);
	if (!result->err)
		result->err = file_write(out, written(round, part, CONC_WRITE));
	if (!result->err && unlink(out))
		result->err = -errno;
	_exit(0);
}

static int conc_collect(unsigned int n, const pid_t *children, const struct result *results, uint64_t *sum)
{
	int err = 0;

	for (unsigned int i = 0; i < n; i++) {
		int status;

		if (waitpid(children[i], &status, 0) < 0)
			err = -errno;
		else if (!WIFEXITED(status))
			err = -ECHILD;
	}
	for (unsigned int i = 0; !err && i < n; i++) {
		err = results[i].err;
		*sum = (*sum ^ results[i].sum) * UINT64_C(0x100000001b3);
	}
	return err;
}

static int run_conc(unsigned int round, uint64_t *sum)
{
	unsigned int n = 0;
	size_t size = N_PARTS * sizeof(struct result);
	int err = drop_caches(), failed = 0;
	struct result *results = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t children[N_PARTS];

	if (results == MAP_FAILED)
		return -errno;
	while (!err && !failed && n < N_PARTS) {
		pid_t pid = fork();

		if (!pid)
			conc_child(round, n, &results[n]);
		if (pid < 0)
			failed = -errno;
		else
			children[n++] = pid;
	}

	int collected = conc_collect(n, children, results, sum);

	munmap(results, size);
	return err ? err : failed ? failed : collected;
}

/* ---- sync: every write is asked for on the disk ---- */

static int run_sync(unsigned int round, uint64_t *sum)
{
	struct span span = written(round, 2, BLOCK);
	int err = 0, fd = file_open("sync.out", O_RDWR | O_CREAT | O_TRUNC);

	if (fd < 0)
		return fd;
	for (unsigned int i = 0; !err && i < SYNC_WRITES; i++) {
		span.offset = i * BLOCK;
		err = span_write(fd, span);
		if (!err && (i % 2 ? fdatasync(fd) : fsync(fd)))
			err = -errno;
	}
	close(fd);
	span.offset = 0;
	span.bytes = SYNC_WRITES * BLOCK;
	if (!err)
		err = drop_caches();
	if (!err)
		err = file_read("sync.out", span, sum);
	if (!err && unlink("sync.out"))
		err = -errno;
	return err;
}

const struct step steps[] = {
	{ "seq", run_seq },   { "small", run_small }, { "direct", run_direct },
	{ "conc", run_conc }, { "sync", run_sync },
};
const size_t n_steps = ARRAY_SIZE(steps);
