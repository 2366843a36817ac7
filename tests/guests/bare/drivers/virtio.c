// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtio.c - a modern (1.0) virtio device on PCI and its split queues, one device at a time. For the virtio drivers;
 * interrupts off. No feature but the version is agreed upon; every slot owns MOST_BUFFERS descriptors.
 */
#include "virtio.h"

enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8 };
enum { QUEUES = 3, QUEUE_SIZE = MOST_SLOTS * MOST_BUFFERS, NEXT = 1, DEVICE_WRITES = 2 };

/* The capabilities' kinds; what they lead to. */
enum { COMMON = 1, NOTIFY, ISR, CONFIG, KINDS };

/* In the common part. */
enum {
	FEATURE_SELECT = 0,
	FEATURE = 4,
	OUR_FEATURE_SELECT = 8,
	OUR_FEATURE = 12,
	STATUS = 0x14,
	QUEUE_SELECT = 0x16,
	SIZE = 0x18,
	ENABLE = 0x1c,
	NOTIFY_OFFSET = 0x1e,
	DESCRIPTORS = 0x20,
	AVAILABLE = 0x28,
	USED = 0x30,
};

struct queue {
	struct {
		uint64_t address;
		uint32_t size;
		uint16_t flags, next;
	} descriptors[QUEUE_SIZE];
	struct {
		uint16_t flags;
		volatile uint16_t index;
		uint16_t ring[QUEUE_SIZE];
	} available;
	struct {
		uint16_t flags;
		volatile uint16_t index;
		struct {
			uint32_t head, written;
		} ring[QUEUE_SIZE];
	} used __attribute__((aligned(4)));
	uint16_t seen;
	uint32_t doorbell;
};

static struct queue queues[QUEUES] __attribute__((aligned(PAGE)));
static uint32_t base[KINDS], notify_multiplier;

static int find_parts(const struct pci_device *device)
{
	memset(base, 0, sizeof(base));
	for (unsigned at = 0; (at = pci_capability(device, at, PCI_VENDOR_CAPABILITY));) {
		unsigned kind = pci_read(device, at + 3) & 0xff, bar = pci_read(device, at + 4) & 7;

		if (kind >= KINDS || base[kind] || !pci_bar(device, bar))
			continue;
		base[kind] = pci_bar(device, bar) + pci_read(device, at + 8);
		if (kind == NOTIFY)
			notify_multiplier = pci_read(device, at + 16);
	}
	for (unsigned kind = COMMON; kind < KINDS; kind++)
		if (!base[kind])
			return -ENODEV;
	return 0;
}

static void add_status(uint8_t bit)
{
	*reg8(base[COMMON] + STATUS) |= bit;
}

int virtio_open(const struct pci_device *device)
{
	int status = find_parts(device);

	if (status)
		return status;
	*reg8(base[COMMON] + STATUS) = 0;
	while (*reg8(base[COMMON] + STATUS))
		;
	add_status(ACKNOWLEDGE);
	add_status(DRIVER);
	*reg32(base[COMMON] + FEATURE_SELECT) = 1;
	if (!(*reg32(base[COMMON] + FEATURE) & 1))
		return -ENODEV;
	for (uint32_t i = 0; i < 2; i++) {
		*reg32(base[COMMON] + OUR_FEATURE_SELECT) = i;
		*reg32(base[COMMON] + OUR_FEATURE) = i; /* VERSION_1 is bit 32 */
	}
	add_status(FEATURES_OK);
	return *reg8(base[COMMON] + STATUS) & FEATURES_OK ? 0 : -EIO;
}

static void set_address(unsigned offset, const void *p)
{
	*reg32(base[COMMON] + offset) = address_of(p);
	*reg32(base[COMMON] + offset + 4) = 0;
}

int virtio_start_queue(unsigned index)
{
	struct queue *q = &queues[index];

	memset(q, 0, sizeof(*q));
	*reg16(base[COMMON] + QUEUE_SELECT) = (uint16_t)index;
	if (*reg16(base[COMMON] + SIZE) < QUEUE_SIZE)
		return -EINVAL;
	*reg16(base[COMMON] + SIZE) = QUEUE_SIZE;
	set_address(DESCRIPTORS, q->descriptors);
	set_address(AVAILABLE, &q->available);
	set_address(USED, &q->used);
	q->doorbell = base[NOTIFY] + *reg16(base[COMMON] + NOTIFY_OFFSET) * notify_multiplier;
	*reg16(base[COMMON] + ENABLE) = 1;
	return 0;
}

void virtio_ready(void)
{
	add_status(DRIVER_OK);
}

uint32_t virtio_config(unsigned offset)
{
	return *reg32(base[CONFIG] + offset);
}

void virtio_submit(unsigned index, unsigned slot, const struct virtio_buffer *buffers, unsigned count)
{
	struct queue *q = &queues[index];
	uint16_t head = (uint16_t)(slot * MOST_BUFFERS);

	for (unsigned i = 0; i < count; i++) {
		uint16_t flags = buffers[i].device_writes ? DEVICE_WRITES : 0;

		q->descriptors[head + i].address = address_of(buffers[i].data);
		q->descriptors[head + i].size = buffers[i].size;
		q->descriptors[head + i].flags = i + 1 < count ? flags | NEXT : flags;
		q->descriptors[head + i].next = (uint16_t)(head + i + 1);
	}
	q->available.ring[q->available.index % QUEUE_SIZE] = head;
	barrier();
	q->available.index++;
	barrier();
	*reg16(q->doorbell) = (uint16_t)index;
}

int virtio_next_done(unsigned index)
{
	struct queue *q = &queues[index];

	if (q->seen == q->used.index)
		return -1;
	barrier();
	return (int)(q->used.ring[q->seen++ % QUEUE_SIZE].head / MOST_BUFFERS);
}

void virtio_acknowledge(void)
{
	(void)*reg8(base[ISR]);
}
