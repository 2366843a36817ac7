// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nvme.c - the first namespace of an NVMe controller, by one queue pair. Called by disk.c with interrupts off; fails
 * with -errno.
 */
#include "../clock.h"
#include "../disk.h"

enum {
	CAPABILITIES_HIGH = 4,
	CONFIG = 0x14,
	STATUS = 0x1c,
	ADMIN_SIZES = 0x24,
	ADMIN_QUEUE = 0x28,
	DOORBELLS = 0x1000
};
enum { ENABLE = 1, READY = 1, ENTRY_SIZES = 6 << 16 | 4 << 20 };
enum { CREATE_SUBMISSION = 1, CREATE_COMPLETION = 5, IDENTIFY = 6 };
enum { QUEUE_SIZE = 64, ADMIN = 0, IO = 1, CONTIGUOUS = 1, WITH_INTERRUPTS = 2, NAMESPACE = 1 };
enum { PHASE = 1 << 16, SECTOR_SHIFT = 9 };

struct command {
	uint32_t opcode, namespace, reserved[2], metadata[2];
	uint64_t pages[2];
	uint32_t word[6]; /* 10 to 15 */
};

struct completion {
	uint32_t result, reserved, submission;
	volatile uint32_t status; /* command's identifier, phase, status */
};

static struct queue {
	struct command commands[QUEUE_SIZE] __attribute__((aligned(PAGE)));
	struct completion completions[QUEUE_SIZE] __attribute__((aligned(PAGE)));
	uint32_t tail, head, phase;
} queues[2];

static uint32_t base, doorbell_size;

static bool matches(const struct pci_device *device)
{
	return device->class == 0x010802;
}

static volatile uint32_t *doorbell(unsigned queue, bool completion)
{
	return reg32(base + DOORBELLS + (2 * queue + completion) * doorbell_size);
}

static void send(unsigned queue, unsigned id, const struct command *command)
{
	struct queue *q = &queues[queue];

	q->commands[q->tail] = *command;
	q->commands[q->tail].opcode |= id << 16;
	q->tail = (q->tail + 1) % QUEUE_SIZE;
	barrier();
	*doorbell(queue, false) = q->tail;
}

/* Takes the next completion; false if there is none. */
static bool receive(unsigned queue, uint32_t *status)
{
	struct queue *q = &queues[queue];

	*status = q->completions[q->head].status;
	if ((*status & PHASE) != q->phase)
		return false;
	q->head = (q->head + 1) % QUEUE_SIZE;
	if (!q->head)
		q->phase ^= PHASE;
	*doorbell(queue, true) = q->head;
	return true;
}

static int execute_admin(const struct command *command)
{
	uint64_t end = clock_after(1000);
	uint32_t status;

	send(ADMIN, 0, command);
	while (!receive(ADMIN, &status))
		if (clock_passed(end))
			return -ETIMEDOUT;
	barrier();
	return status >> 17 ? -EIO : 0;
}

static int identify(struct disk *disk)
{
	static uint8_t page[PAGE] __attribute__((aligned(PAGE)));
	struct command command = { .opcode = IDENTIFY, .namespace = NAMESPACE, .pages[0] = address_of(page) };
	int status = execute_admin(&command);

	if (status)
		return status;
	memcpy(&disk->sectors, page, sizeof(disk->sectors));
	/* Byte 26 chooses one of the formats at 128; its third byte is the sector size's logarithm. */
	return page[128 + 4 * (page[26] & 15) + 2] == SECTOR_SHIFT ? 0 : -EINVAL;
}

static int create_queues(void)
{
	const uint32_t size = (QUEUE_SIZE - 1) << 16 | IO;
	struct command completion = { .opcode = CREATE_COMPLETION,
				      .pages[0] = address_of(queues[IO].completions),
				      .word = { size, CONTIGUOUS | WITH_INTERRUPTS } };
	struct command submission = { .opcode = CREATE_SUBMISSION,
				      .pages[0] = address_of(queues[IO].commands),
				      .word = { size, CONTIGUOUS | IO << 16 } };
	int status = execute_admin(&completion);

	return status ? status : execute_admin(&submission);
}

static int enable(void)
{
	*reg32(base + CONFIG) = 0;
	if (clock_await(reg32(base + STATUS), READY, 0))
		return -ETIMEDOUT;
	*reg32(base + ADMIN_SIZES) = (QUEUE_SIZE - 1) << 16 | (QUEUE_SIZE - 1);
	*reg32(base + ADMIN_QUEUE) = address_of(queues[ADMIN].commands);
	*reg32(base + ADMIN_QUEUE + 4) = 0;
	*reg32(base + ADMIN_QUEUE + 8) = address_of(queues[ADMIN].completions);
	*reg32(base + ADMIN_QUEUE + 12) = 0;
	*reg32(base + CONFIG) = ENTRY_SIZES | ENABLE;
	return clock_await(reg32(base + STATUS), READY, READY);
}

static int start(const struct pci_device *device, struct disk *disk)
{
	int status;

	base = pci_bar(device, 0);
	if (!base)
		return -ENODEV;
	doorbell_size = 4u << (*reg32(base + CAPABILITIES_HIGH) & 15);
	for (unsigned i = 0; i < ARRAY_SIZE(queues); i++)
		queues[i].phase = PHASE;
	status = enable();
	if (!status)
		status = identify(disk);
	return status ? status : create_queues();
}

static int submit(unsigned slot, const struct request *request)
{
	static const uint8_t opcodes[OPERATIONS] = { [OP_READ] = 2, [OP_WRITE] = 1, [OP_FLUSH] = 0 };
	struct command command = { .opcode = opcodes[request->op], .namespace = NAMESPACE };

	for (unsigned i = 0; i < request->parts; i++)
		command.pages[i] = address_of(request->part[i].data);
	if (request->parts) {
		command.word[0] = request->sector;
		command.word[2] = request->sectors - 1;
	}
	send(IO, slot, &command);
	return 0;
}

static void service(void)
{
	uint32_t status;

	while (receive(IO, &status))
		disk_finished(status & 0xffff, status >> 17 ? -EIO : 0);
}

const struct driver nvme = { "nvme", MOST_SLOTS, matches, start, submit, service };
