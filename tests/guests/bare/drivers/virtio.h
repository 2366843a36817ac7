/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtio.h - a virtio device on PCI, for the virtio drivers; virtio.c says who may call what. */
#ifndef BARE_VIRTIO_H
#define BARE_VIRTIO_H

#include "../disk.h"

enum { VIRTIO_VENDOR = 0x1af4, MOST_BUFFERS = 4 };

struct virtio_buffer {
	const volatile void *data;
	uint32_t size;
	bool device_writes;
};

/* Resets the device and agrees on the version; -ENODEV if it is not a modern one. */
int virtio_open(const struct pci_device *device);

/* Queues are 0 to 2; each request of a queue has a slot. After all of them: virtio_ready. */
int virtio_start_queue(unsigned queue);
void virtio_ready(void);

uint32_t virtio_config(unsigned offset); /* of the device's own part */

void virtio_submit(unsigned queue, unsigned slot, const struct virtio_buffer *buffers, unsigned count);

/* The next slot that the device has done, or -1. */
int virtio_next_done(unsigned queue);

/* Takes back the interrupt. */
void virtio_acknowledge(void);

#endif
