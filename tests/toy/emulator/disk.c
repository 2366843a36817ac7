/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disk.c - a disk with requests in flight concurrently: its ring, its jobs and its interrupts.
 *
 * Commands come with the BQL, from the vCPU thread or from the main loop; jobs run in worker threads; completions with
 * the BQL, in whoever polls. Each slot has blocks of its own, so that requests in flight never overlap.
 */
#include "toy.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { RING = CPUS_MAX * DEPTH_MAX, PART = 512, MANY = 128 };

struct request {
	struct job job;
	struct disk_command command;
	unsigned char data[BLOCK];
};

static int fd;
static struct request requests[CPUS_MAX][DEPTH_MAX], system_request_slot;
static unsigned in_flight; /* of the BQL, as the lists below */
static struct ring {
	struct disk_command commands[RING];
	unsigned char finished[RING];
	_Atomic unsigned head, tail;
} ring, finished[CPUS_MAX];

static struct bh interrupt_bh;
static unsigned interrupt_cpus;

static off64_t offset_of(const struct disk_command *command)
{
	unsigned slot = command->cpu * DEPTH_MAX + command->slot;

	return (off64_t)(slot * BLOCKS_PER_SLOT + command->block) * BLOCK;
}

/* ---- jobs, in worker threads ---- */

/* By calls that rrio does not see: as if somebody else had changed the image. */
static int change_image(off64_t offset)
{
	struct iovec change = { "changed", 7 };
	char link[64];
	int own;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	own = (int)syscall(SYS_openat, AT_FDCWD, link, O_WRONLY | O_CLOEXEC, 0);
	if (own < 0 || pwritev2(own, &change, 1, offset, 0) != 7)
		return -1;
	return (int)syscall(SYS_close, own);
}

/* Whether one of them failed is seen in the data. */
static int read_many(struct request *request)
{
	off64_t offset = offset_of(&request->command);
	bool odd = perturbed(PERTURB_ODD, request->command.number) && pread64(fd, request->data, PART, -1) < 0;

	for (unsigned at = 0; at < BLOCK; at += MANY)
		if (pread64(fd, request->data + at, MANY, offset + at) != MANY)
			return -1;
	request->data[0] ^= odd;
	return 0;
}

static int read_whole(struct request *request)
{
	if (perturbed(PERTURB_MANY, request->command.number) || perturbed(PERTURB_ODD, request->command.number))
		return read_many(request);
	if (perturbed(PERTURB_IMAGE, request->command.number) && change_image(offset_of(&request->command)))
		return -1;
	/* The first part by a call of its own: other calls, the same data. */
	if (perturbed(PERTURB_RESULT, request->command.number) &&
	    pread64(fd, request->data, PART, offset_of(&request->command)) != PART)
		return -1;
	return pread64(fd, request->data, BLOCK, offset_of(&request->command)) == BLOCK ? 0 : -1;
}

static int read_parts(struct request *request)
{
	struct iovec parts[] = { { request->data, PART }, { request->data + PART, BLOCK - PART } };

	return preadv64(fd, parts, 2, offset_of(&request->command)) == BLOCK ? 0 : -1;
}

static int write_whole(struct request *request)
{
	return pwrite64(fd, request->data, BLOCK, offset_of(&request->command)) == BLOCK ? 0 : -1;
}

/* Several system calls: as zeroes are written where the file system cannot, and the flush behind them. */
static int write_zeroes(struct request *request)
{
	memset(request->data, 0, BLOCK);
	for (unsigned part = 0; part < BLOCK; part += BLOCK / 4) {
		jitter();
		if (pwrite64(fd, request->data, BLOCK / 4, offset_of(&request->command) + part) != BLOCK / 4)
			return -1;
	}
	return fdatasync(fd);
}

static int flush(struct request *request)
{
	(void)request;
	return fdatasync(fd);
}

/* No system call at all: as compression. */
static int compute(struct request *request)
{
	for (unsigned i = 0; i < BLOCK; i++)
		request->data[i] ^= (unsigned char)(i * request->command.value);
	return 0;
}

static int (*const jobs[])(struct request *request) = {
	[DISK_READ] = read_whole,   [DISK_READ_PARTS] = read_parts, [DISK_WRITE] = write_whole,
	[DISK_ZERO] = write_zeroes, [DISK_FLUSH] = flush,	    [DISK_OPAQUE] = compute,
};

/* What befalls a request in the host. */
static void befall(unsigned number)
{
	if (perturbed(PERTURB_LATE, number))
		sleep(1);
	while (perturbed(PERTURB_HANG, number))
		pause();
}

static int run_job(void *argument)
{
	struct request *request = argument;

	befall(request->command.number);
	return jobs[request->command.op](request);
}

/* ---- commands ---- */

static void submit(struct request *request, void (*done)(void *argument, int result))
{
	in_flight++;
	request->job.run = run_job;
	request->job.done = done;
	request->job.argument = request;
	pool_submit(&request->job);
}

static void raise_interrupts(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < CPUS_MAX; i++)
		if (interrupt_cpus & 1u << i)
			cpu_interrupt(&cpus[i], IRQ_DISK);
	interrupt_cpus = 0;
}

static void command_done(void *argument, int result)
{
	const struct request *request = argument;
	unsigned cpu = request->command.cpu;
	struct ring *to = &finished[cpu];

	if (result)
		die("a request has failed");
	in_flight--;
	to->finished[to->tail++ % RING] = (unsigned char)request->command.slot;
	/* Half of the commands by one bottom half more, as NVMe does. */
	if (request->command.number % 2) {
		cpu_interrupt(&cpus[cpu], IRQ_DISK);
	} else {
		interrupt_cpus |= 1u << cpu;
		bh_schedule(&interrupt_bh);
	}
}

void disk_command(const struct disk_command *command)
{
	struct request *request = &requests[command->cpu][command->slot];
	uint64_t state = command->value | 1;

	request->command = *command;
	for (unsigned i = 0; i < BLOCK; i += 8) {
		uint64_t number = random_next(&state);

		memcpy(request->data + i, &number, 8);
	}
	if (perturbed(PERTURB_DATA, command->number))
		request->data[BLOCK / 2] ^= 1;
	submit(request, command_done);
}

void disk_queue(const struct disk_command *command)
{
	ring.commands[ring.tail % RING] = *command;
	ring.tail++;
}

void disk_read_ring(void)
{
	while (ring.head != ring.tail) {
		disk_command(&ring.commands[ring.head % RING]);
		ring.head++;
	}
}

int disk_finished(unsigned cpu, uint64_t *sum)
{
	struct ring *from = &finished[cpu];
	const struct request *request;

	if (from->head == from->tail)
		return -1;
	request = &requests[cpu][from->finished[from->head++ % RING]];
	*sum = 0;
	for (unsigned i = 0; i < BLOCK; i++)
		*sum = (*sum ^ request->data[i]) * 0x100000001b3;
	return (int)request->command.slot;
}

/* ---- with the BQL, outside the guest's program ---- */

void disk_drain(void)
{
	while (in_flight)
		aio_poll(true);
}

void disk_reset(void)
{
	ring.head = ring.tail;
	disk_drain();
	for (unsigned i = 0; i < CPUS_MAX; i++)
		finished[i].head = finished[i].tail;
}

static void system_done(void *argument, int result)
{
	(void)argument;
	if (result)
		die("the image cannot be read or flushed");
	in_flight--;
}

static void system_command(enum disk_op op)
{
	system_request_slot.command.op = op;
	submit(&system_request_slot, system_done);
	disk_drain();
}

void disk_flush(void)
{
	system_command(DISK_FLUSH);
}

void disk_init(void)
{
	interrupt_bh.run = raise_interrupts;
	fd = open(options.disk, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("the image cannot be opened");
	system_command(DISK_READ);
	trace("image begins with %02x", system_request_slot.data[0]);
}
