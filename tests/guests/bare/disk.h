/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disk.h - what a driver offers, and what it may use. Requests live in slots; the slot's number is the request's tag at
 * the device. Everything that touches a driver runs on the boot processor with interrupts off.
 */
#ifndef BARE_DISK_H
#define BARE_DISK_H

#include "machine.h"
#include "pci.h"

enum { MOST_SLOTS = 32, MOST_PARTS = 2, MOST_SECTORS = MOST_PARTS * PAGE / 512 };

/* Discarding and writing zeroes: virtio-blk alone. The last two are for drivers of SCSI disks, while they start. */
enum operation { OP_READ, OP_WRITE, OP_FLUSH, OP_DISCARD, OP_ZEROES, OP_READY, OP_CAPACITY, OPERATIONS };

/* Data lie in one or two pages, which are not neighbours. */
struct request {
	enum operation op;
	uint32_t number, sector, sectors, generation;
	unsigned parts;
	struct {
		uint8_t *data;
		uint32_t size;
	} part[MOST_PARTS];
	uint64_t submitted, completed; /* time stamps */
	int status;
	volatile bool in_flight;
};

struct disk {
	uint32_t sectors;
	unsigned irq; /* a legacy line; the PCI function's unless the driver says otherwise */
};

struct driver {
	const char *name;
	unsigned depth; /* most requests in flight */
	bool (*matches)(const struct pci_device *device);
	int (*start)(const struct pci_device *device, struct disk *disk); /* -ENODEV: no disk behind it */
	int (*submit)(unsigned slot, const struct request *request);
	void (*service)(void); /* quiets the device and calls disk_finished for all that it has done */
};

extern const struct driver virtio_blk, ide, ahci, nvme, virtio_scsi, usb_storage;

/* For drivers. */
void disk_finished(unsigned slot, int status);
int disk_execute(const struct driver *driver, const struct request *request); /* submits and waits; for start() */

/* For the rest. */
const struct driver *disk_find(struct disk *disk); /* the first disk that any driver can start, or the machine ends */
struct request *disk_request(unsigned slot);
void disk_prepare(struct request *request, unsigned slot); /* attaches the slot's pages for its sectors */
void disk_submit(unsigned slot);
bool disk_has_finished(void);
int disk_next_finished(void); /* a slot, in order of completion, or -1 */
void disk_service(void);
void disk_use_interrupts(const struct disk *disk);
uint32_t disk_interrupts(void);

#endif
