// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ahci.c - the first SATA disk of an AHCI controller, with native command queuing. The firmware has found the link's
 * speed already. Called by disk.c with interrupts off; fails with -errno.
 */
#include "ata.h"

#include "../clock.h"
#include "../disk.h"

/* The controller's registers, then those of a port. */
enum { CONTROL = 4, PENDING = 8, PORTS = 12, FIRST_PORT = 0x100, PORT_SIZE = 0x80 };
enum { COMMAND_LIST = 0, RECEIVED = 8, PORT_PENDING = 0x10, PORT_ENABLE = 0x14, COMMAND = 0x18, TASK_FILE = 0x20 };
enum { SIGNATURE = 0x24, LINK = 0x28, LINK_ERROR = 0x30, QUEUED = 0x34, ISSUED = 0x38 };

enum { AHCI_INTERRUPTS = 2, RUN = 1, RECEIVE = 1 << 4, RECEIVING = 1 << 14, RUNNING = 1 << 15 };
enum { ON_REGISTERS = 1, ON_PIO = 2, ON_SET_BITS = 8, ON_FAILURE = 1 << 30 };
enum { LINK_UP = 3, IS_DISK = 0x101, HEADER_WRITES = 1 << 6, FIS_WORDS = 5, FIS_COMMAND = 0x8027, LBA_MODE = 0x40 };
enum { HAS_QUEUES = 1 << 8 /* word 76 of IDENTIFY */ };

#define AHCI_ENABLE (1u << 31)

struct header {
	uint32_t flags, transferred, table, table_high, reserved[4];
};

struct table {
	uint8_t fis[0x80];
	struct {
		uint32_t address, high, reserved, last_byte;
	} parts[MOST_PARTS];
	uint8_t unused[96];
};

static struct header headers[MOST_SLOTS] __attribute__((aligned(1024)));
static struct table tables[MOST_SLOTS] __attribute__((aligned(256)));
static uint8_t received[256] __attribute__((aligned(256)));
static uint32_t controller, port, port_number;
static uint32_t waiting; /* slots, a bit each */

static bool matches(const struct pci_device *device)
{
	return device->class == 0x010601;
}

static void fill_fis(uint8_t *fis, const struct request *request, uint8_t command, uint16_t count, uint8_t features)
{
	const uint8_t bytes[] = {
		FIS_COMMAND & 0xff,
		FIS_COMMAND >> 8,
		command,
		features,
		(uint8_t)request->sector,
		(uint8_t)(request->sector >> 8),
		(uint8_t)(request->sector >> 16),
		LBA_MODE,
		(uint8_t)(request->sector >> 24),
		0,
		0,
		0,
		(uint8_t)count,
		(uint8_t)(count >> 8),
		0,
		0,
	};

	memset(fis, 0, FIS_WORDS * 4);
	memcpy(fis, bytes, sizeof(bytes));
}

static void issue(unsigned slot, const struct request *request, bool queued)
{
	headers[slot] = (struct header){
		.flags = FIS_WORDS | (request->op == OP_WRITE ? HEADER_WRITES : 0) | request->parts << 16,
		.table = address_of(&tables[slot]),
	};
	for (unsigned i = 0; i < request->parts; i++) {
		tables[slot].parts[i].address = address_of(request->part[i].data);
		tables[slot].parts[i].last_byte = request->part[i].size - 1;
	}
	barrier();
	if (queued)
		*reg32(port + QUEUED) = 1u << slot;
	*reg32(port + ISSUED) = 1u << slot;
}

static int stop_engine(void)
{
	int status;

	*reg32(port + COMMAND) &= ~(uint32_t)RUN;
	status = clock_await(reg32(port + COMMAND), RUNNING, 0);
	if (status)
		return status;
	*reg32(port + COMMAND) &= ~(uint32_t)RECEIVE;
	return clock_await(reg32(port + COMMAND), RECEIVING, 0);
}

static int start_engine(void)
{
	int status = stop_engine();

	if (status)
		return status;
	*reg32(port + COMMAND_LIST) = address_of(headers);
	*reg32(port + COMMAND_LIST + 4) = 0;
	*reg32(port + RECEIVED) = address_of(received);
	*reg32(port + RECEIVED + 4) = 0;
	*reg32(port + COMMAND) |= RECEIVE;
	*reg32(port + LINK_ERROR) = UINT32_MAX;
	*reg32(port + PORT_PENDING) = UINT32_MAX;
	*reg32(port + COMMAND) |= RUN;
	return 0;
}

static int identify(struct disk *disk)
{
	static uint16_t words[ATA_IDENTIFY_WORDS];
	const struct request request = { .parts = 1, .part[0] = { (uint8_t *)words, sizeof(words) } };
	int status;

	fill_fis(tables[0].fis, &request, ATA_IDENTIFY, 0, 0);
	issue(0, &request, false);
	status = clock_await(reg32(port + ISSUED), 1, 0);
	barrier();
	if (status)
		return status;
	if (*reg32(port + TASK_FILE) & ATA_FAILED)
		return -EIO;
	disk->sectors = ata_sectors(words);
	return words[76] & HAS_QUEUES ? 0 : -EINVAL;
}

static bool find_port(void)
{
	for (port_number = 0; port_number < 32; port_number++) {
		if (!(*reg32(controller + PORTS) >> port_number & 1))
			continue;
		port = controller + FIRST_PORT + PORT_SIZE * port_number;
		if ((*reg32(port + LINK) & 15) == LINK_UP && *reg32(port + SIGNATURE) == IS_DISK)
			return true;
	}
	return false;
}

static int start(const struct pci_device *device, struct disk *disk)
{
	int status;

	controller = pci_bar(device, 5);
	if (!controller)
		return -ENODEV;
	*reg32(controller + CONTROL) = AHCI_ENABLE;
	if (!find_port())
		return -ENODEV;
	status = start_engine();
	if (!status)
		status = identify(disk);
	if (status)
		return status;
	*reg32(port + PORT_PENDING) = UINT32_MAX;
	*reg32(controller + PENDING) = UINT32_MAX;
	*reg32(port + PORT_ENABLE) = ON_REGISTERS | ON_PIO | ON_SET_BITS | ON_FAILURE;
	*reg32(controller + CONTROL) = AHCI_ENABLE | AHCI_INTERRUPTS;
	return 0;
}

static int submit(unsigned slot, const struct request *request)
{
	uint8_t command = request->op == OP_WRITE ? ATA_WRITE_QUEUED : ATA_READ_QUEUED;
	bool queued = request->op != OP_FLUSH;

	if (queued)
		fill_fis(tables[slot].fis, request, command, (uint16_t)(slot << 3), (uint8_t)request->sectors);
	else if (waiting)
		return -EINVAL; /* not beside queued commands */
	else
		fill_fis(tables[slot].fis, request, ATA_FLUSH, 0, 0);
	waiting |= 1u << slot;
	issue(slot, request, queued);
	return 0;
}

static void service(void)
{
	uint32_t pending = *reg32(port + PORT_PENDING), done;
	int status = pending & ON_FAILURE ? -EIO : 0;

	*reg32(port + PORT_PENDING) = pending;
	*reg32(controller + PENDING) = 1u << port_number;
	done = status ? waiting : waiting & ~(*reg32(port + QUEUED) | *reg32(port + ISSUED));
	waiting &= ~done;
	for (unsigned slot = 0; slot < MOST_SLOTS; slot++)
		if (done >> slot & 1)
			disk_finished(slot, status);
}

const struct driver ahci = { "ahci", MOST_SLOTS, matches, start, submit, service };
