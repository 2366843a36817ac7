// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * disk.c - finds the disk, owns the slots and the order in which requests finish. The boot processor alone;
 * disk_finished runs in the interrupt handler or with interrupts off. A request that takes more than a minute, and a
 * completion that nobody asked for, end the machine.
 */
#include "disk.h"

#include "clock.h"
#include "interrupt.h"
#include "power.h"

enum { MOST_MILLISECONDS = 60000, EXECUTE_MILLISECONDS = 10000 };

static const struct driver *const drivers[] = { &virtio_blk, &virtio_scsi, &nvme, &usb_storage, &ide, &ahci };

static const struct driver *found;
static struct request requests[MOST_SLOTS];
static uint8_t pages[MOST_PARTS][MOST_SLOTS][PAGE] __attribute__((aligned(PAGE)));
static volatile uint32_t finished, taken; /* counters; the ring holds what is between them */
static volatile uint8_t order[MOST_SLOTS];
static volatile uint32_t interrupts;
static uint64_t longest; /* in time stamps */

static int try_drivers(const struct pci_device *device, struct disk *disk)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		int status;

		if (!drivers[i]->matches(device))
			continue;
		pci_enable(device);
		disk->irq = device->irq;
		found = drivers[i];
		status = drivers[i]->start(device, disk);
		if (status && status != -ENODEV)
			fail("%s does not start: %u", drivers[i]->name, (uint32_t)-status);
		return status;
	}
	return -ENODEV;
}

const struct driver *disk_find(struct disk *disk)
{
	struct pci_device device;

	longest = clock_after(MOST_MILLISECONDS) - read_tsc();
	for (uint32_t next = 0; pci_next(&next, &device);)
		if (!try_drivers(&device, disk)) {
			say("bare: disk on PCI device %x, driver %s, %u sectors, irq %u\n",
			    (uint32_t)device.vendor << 16 | device.device, found->name, disk->sectors, disk->irq);
			return found;
		}
	fail("no disk");
}

struct request *disk_request(unsigned slot)
{
	return &requests[slot];
}

void disk_prepare(struct request *request, unsigned slot)
{
	uint32_t rest = request->sectors * 512;

	for (request->parts = 0; rest; request->parts++) {
		uint32_t size = rest < PAGE ? rest : PAGE;

		request->part[request->parts].data = pages[request->parts][slot];
		request->part[request->parts].size = size;
		rest -= size;
	}
}

void disk_submit(unsigned slot)
{
	struct request *request = &requests[slot];
	int status;

	request->in_flight = true;
	request->submitted = read_tsc();
	status = found->submit(slot, request);
	if (status)
		fail("%s refuses request %u: %u", found->name, request->number, (uint32_t)-status);
}

void disk_finished(unsigned slot, int status)
{
	struct request *request = &requests[slot];

	if (slot >= MOST_SLOTS || !request->in_flight)
		fail("slot %u finished, but was not in flight", slot);
	request->completed = read_tsc();
	request->status = status;
	request->in_flight = false;
	order[finished % MOST_SLOTS] = (uint8_t)slot;
	finished++;
}

bool disk_has_finished(void)
{
	return taken != finished;
}

int disk_next_finished(void)
{
	if (taken == finished)
		return -1;
	barrier();
	return order[taken++ % MOST_SLOTS];
}

static void check_age(void)
{
	for (unsigned slot = 0; slot < MOST_SLOTS; slot++)
		if (requests[slot].in_flight && clock_passed(requests[slot].submitted + longest))
			fail("request %u takes more than a minute", requests[slot].number);
}

void disk_service(void)
{
	found->service();
	check_age();
}

static void on_interrupt(void)
{
	interrupts++;
	found->service();
}

void disk_use_interrupts(const struct disk *disk)
{
	clock_on_tick(check_age);
	interrupt_install(disk->irq, on_interrupt);
}

uint32_t disk_interrupts(void)
{
	return interrupts;
}

int disk_execute(const struct driver *driver, const struct request *request)
{
	uint64_t end = clock_after(EXECUTE_MILLISECONDS);

	requests[0] = *request;
	requests[0].in_flight = true;
	if (driver->submit(0, &requests[0])) {
		requests[0].in_flight = false;
		return -EIO;
	}
	while (requests[0].in_flight) {
		driver->service();
		if (clock_passed(end))
			return -ETIMEDOUT;
	}
	disk_next_finished();
	return requests[0].status;
}
