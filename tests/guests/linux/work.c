// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * work.c - what a benchmark asks for by rrio.work=: the processor alone, or random blocks with a fixed number of requests
 * in flight. Called by process 1 with the disk's root as the current folder. Leaves no file behind. Prints nothing; -errno
 * on failure, -EILSEQ for wrong data.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"
#include "pattern.h"

enum {
	TABLE = 1 << 17, /* words, a mebibyte */
	COMPUTE_STEPS = 20000000,
	RANDOM_REQUESTS = 512,
	WRITE_EVERY = 4,
};

unsigned int work_depth = 1, work_disks = 1;

/* ---- compute: arithmetic and memory, no system call ---- */

static int run_compute(unsigned int round, uint64_t *sum)
{
	static uint64_t table[TABLE] = { 0 };
	uint64_t x = round + 1;

	for (unsigned int i = 0; i < COMPUTE_STEPS; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		table[x % TABLE] += x;
	}
	for (unsigned int i = 0; i < TABLE; i++)
		*sum = (*sum ^ table[i]) * UINT64_C(0x100000001b3);
	return 0;
}

/*
 * ---- random: single blocks past the page cache, work_depth of them in flight, every fourth a write ----
 *
 * The first disk's are a file's, and are checked; the others' whatever is at the same place.
 */

static _Alignas(BLOCK) uint64_t buffers[MAX_DEPTH][BLOCK / sizeof(uint64_t)];
static struct iocb iocbs[MAX_DEPTH];
static int disks[MAX_DISKS], written;

static int submit(aio_context_t context, unsigned int slot, unsigned int round, unsigned int i)
{
	bool write = i % WRITE_EVERY == WRITE_EVERY - 1;
	uint64_t blocks = (write ? DIRECT_BYTES : BIG_BYTES) / BLOCK;
	struct iocb *iocb = &iocbs[slot];

	*iocb = (struct iocb){
		.aio_data = slot,
		.aio_lio_opcode = write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD,
		.aio_fildes = (uint32_t)(write ? written : disks[i % work_disks]),
		.aio_buf = (uintptr_t)buffers[slot],
		.aio_nbytes = BLOCK,
		.aio_offset = (int64_t)(pattern_word(round, i) % blocks * BLOCK),
	};
	if (write)
		pattern_fill(buffers[slot], BLOCK, DIRECT_SEED, (uint64_t)iocb->aio_offset);
	return syscall(SYS_io_submit, context, 1L, &iocb) == 1 ? 0 : -errno;
}

/* Requests finish in any order, so their sums are added. */
static int finished(const struct io_event *event, uint64_t *sum)
{
	const struct iocb *iocb = &iocbs[event->data];
	const uint64_t *words = buffers[event->data];
	uint64_t mine = (uint64_t)iocb->aio_offset;
	bool known = iocb->aio_fildes == (uint32_t)disks[0];

	if (event->res != BLOCK)
		return event->res < 0 ? (int)event->res : -EIO;
	if (iocb->aio_lio_opcode == IOCB_CMD_PWRITE)
		return 0;
	for (size_t i = 0; i < BLOCK / sizeof(*words); i++) {
		uint64_t word = le64toh(words[i]);

		if (known && word != pattern_word(BIG_SEED, (uint64_t)iocb->aio_offset / sizeof(*words) + i))
			return -EILSEQ;
		mine = (mine ^ word) * UINT64_C(0x100000001b3);
	}
	*sum += mine;
	return 0;
}

static int random_requests(aio_context_t context, unsigned int round, uint64_t *sum)
{
	struct io_event events[MAX_DEPTH];
	unsigned int begun = 0, done = 0;
	int err = 0;

	for (; !err && begun < work_depth; begun++)
		err = submit(context, begun, round, begun);
	while (!err && done < begun) {
		long n = syscall(SYS_io_getevents, context, 1L, (long)MAX_DEPTH, events, NULL);

		if (n < 0)
			return -errno;
		for (long i = 0; !err && i < n; i++, done++) {
			err = finished(&events[i], sum);
			if (!err && begun < RANDOM_REQUESTS)
				err = submit(context, (unsigned int)events[i].data, round, begun++);
		}
	}
	return err;
}

static int open_files(void)
{
	char path[] = "/dev/vda";
	int err = 0;

	disks[0] = file_open(BIG_FILE, O_RDONLY | O_DIRECT);
	written = file_open(DIRECT_FILE, O_RDWR | O_DIRECT);
	for (unsigned int i = 1; i < work_disks; i++) {
		path[sizeof(path) - 2] = (char)('a' + i);
		disks[i] = file_open(path, O_RDONLY | O_DIRECT);
	}
	for (unsigned int i = 0; i < work_disks; i++)
		if (disks[i] < 0)
			err = disks[i];
	return written < 0 ? written : err;
}

static void close_files(void)
{
	for (unsigned int i = 0; i < work_disks; i++)
		if (disks[i] >= 0)
			close(disks[i]);
	if (written >= 0)
		close(written);
}

static int run_random(unsigned int round, uint64_t *sum)
{
	aio_context_t context = 0;
	int err = open_files();

	if (!err && syscall(SYS_io_setup, MAX_DEPTH, &context))
		err = -errno;
	if (!err)
		err = random_requests(context, round, sum);
	if (context)
		syscall(SYS_io_destroy, context);
	close_files();
	return err;
}

const struct step works[] = {
	{ "compute", run_compute },
	{ "random", run_random },
	{ "fetch", run_fetch },
	{ "space", run_space },
};
const size_t n_works = ARRAY_SIZE(works);
