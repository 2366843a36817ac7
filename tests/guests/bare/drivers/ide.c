// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ide.c - an IDE disk behind a bus-master controller (PIIX), the first drive of either channel, by legacy ports and
 * interrupts. One request at a time. Called by disk.c with interrupts off; fails with -errno.
 */
#include "ata.h"

#include "../clock.h"
#include "../disk.h"

/* From the channel's first port. */
enum { DATA = 0, COUNT = 2, LBA0 = 3, LBA1 = 4, LBA2 = 5, DEVICE = 6, COMMAND = 7, STATUS = 7 };

/* From the bus master's first port of the channel. */
enum { MASTER_COMMAND = 0, MASTER_STATUS = 2, MASTER_TABLE = 4 };
enum { MASTER_START = 1, MASTER_TO_MEMORY = 8, MASTER_ERROR = 2, MASTER_INTERRUPT = 4 };

enum { END_OF_TABLE = 1u << 31 };

struct channel {
	uint16_t port, control, irq, master;
};

static const struct channel channels[] = { { 0x1f0, 0x3f6, 14, 0 }, { 0x170, 0x376, 15, 8 } };

static struct channel ch;
static struct {
	uint32_t address, size;
} table[MOST_PARTS] __attribute__((aligned(16)));
static unsigned current;

static bool matches(const struct pci_device *device)
{
	return device->class >> 8 == 0x0101;
}

static int await_data(void)
{
	uint64_t end = clock_after(1000);

	while (!clock_passed(end)) {
		uint8_t status = inb(ch.port + STATUS);

		if (!status || status == 0xff || (!(status & ATA_BUSY) && (status & ATA_FAILED)))
			return -ENODEV; /* nothing there, or not a disk */
		if ((status & (ATA_BUSY | ATA_WANTS_DATA)) == ATA_WANTS_DATA)
			return 0;
	}
	return -ETIMEDOUT;
}

static int identify(struct disk *disk)
{
	uint16_t words[ATA_IDENTIFY_WORDS];
	int status;

	outb(ch.control, 0); /* interrupts on */
	outb(ch.port + DEVICE, ATA_LBA);
	outb(ch.port + COMMAND, ATA_IDENTIFY);
	status = await_data();
	if (status)
		return status;
	for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = inw(ch.port + DATA);
	inb(ch.port + STATUS);
	outb(ch.master + MASTER_STATUS, MASTER_INTERRUPT | MASTER_ERROR);
	disk->sectors = ata_sectors(words);
	disk->irq = ch.irq;
	return 0;
}

static int start(const struct pci_device *device, struct disk *disk)
{
	uint16_t master = (uint16_t)pci_bar(device, 4);

	for (unsigned i = 0; master && i < ARRAY_SIZE(channels); i++) {
		int status;

		ch = channels[i];
		ch.master += master;
		status = identify(disk);
		if (status != -ENODEV)
			return status;
	}
	return -ENODEV;
}

static void fill_table(const struct request *request)
{
	for (unsigned i = 0; i < request->parts; i++) {
		table[i].address = address_of(request->part[i].data);
		table[i].size = request->part[i].size;
	}
	if (request->parts)
		table[request->parts - 1].size |= END_OF_TABLE;
	barrier();
}

static int submit(unsigned slot, const struct request *request)
{
	static const uint8_t commands[OPERATIONS] = {
		[OP_READ] = ATA_READ_DMA, [OP_WRITE] = ATA_WRITE_DMA, [OP_FLUSH] = ATA_FLUSH
	};
	uint8_t direction = request->op == OP_READ ? MASTER_TO_MEMORY : 0;

	current = slot;
	fill_table(request);
	outl(ch.master + MASTER_TABLE, address_of(table));
	outb(ch.master + MASTER_COMMAND, direction);
	outb(ch.port + DEVICE, (uint8_t)(ATA_LBA | (request->sector >> 24 & 15)));
	outb(ch.port + COUNT, (uint8_t)request->sectors);
	outb(ch.port + LBA0, (uint8_t)request->sector);
	outb(ch.port + LBA1, (uint8_t)(request->sector >> 8));
	outb(ch.port + LBA2, (uint8_t)(request->sector >> 16));
	outb(ch.port + COMMAND, commands[request->op]);
	if (request->parts)
		outb(ch.master + MASTER_COMMAND, direction | MASTER_START);
	return 0;
}

static void service(void)
{
	uint8_t master = inb(ch.master + MASTER_STATUS), status;

	if (!(master & MASTER_INTERRUPT))
		return;
	status = inb(ch.port + STATUS); /* takes back the interrupt */
	outb(ch.master + MASTER_COMMAND, 0);
	outb(ch.master + MASTER_STATUS, MASTER_INTERRUPT | MASTER_ERROR);
	disk_finished(current, (status & ATA_FAILED) || (master & MASTER_ERROR) ? -EIO : 0);
}

const struct driver ide = { "ide", 1, matches, start, submit, service };
