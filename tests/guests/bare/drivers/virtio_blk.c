// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtio_blk.c - virtio-blk on its first queue. Called by disk.c with interrupts off; fails with -errno.
 */
#include "virtio.h"

struct header {
	uint32_t type, reserved;
	uint64_t sector;
};

/* What is to be discarded, or filled with zeroes. */
struct range {
	uint64_t sector;
	uint32_t sectors, flags;
};

enum { MAY_UNMAP = 1 };

static struct header headers[MOST_SLOTS];
static struct range ranges[MOST_SLOTS];
static volatile uint8_t results[MOST_SLOTS];

static bool matches(const struct pci_device *device)
{
	return device->vendor == VIRTIO_VENDOR && (device->device == 0x1001 || device->device == 0x1042);
}

static int start(const struct pci_device *device, struct disk *disk)
{
	int status = virtio_open(device);

	if (!status)
		status = virtio_start_queue(0);
	if (status)
		return status;
	virtio_ready();
	disk->sectors = virtio_config(0);
	return 0;
}

static int submit(unsigned slot, const struct request *request)
{
	static const uint32_t types[OPERATIONS] = {
		[OP_READ] = 0, [OP_WRITE] = 1, [OP_FLUSH] = 4, [OP_DISCARD] = 11, [OP_ZEROES] = 13
	};
	struct virtio_buffer buffers[MOST_BUFFERS] = { { &headers[slot], sizeof(headers[slot]), false } };
	unsigned count = 1;

	headers[slot] = (struct header){ .type = types[request->op], .sector = request->sector };
	results[slot] = 0xff;
	if (request->op == OP_DISCARD || request->op == OP_ZEROES) {
		ranges[slot] =
			(struct range){ request->sector, request->sectors, request->op == OP_ZEROES ? MAY_UNMAP : 0 };
		headers[slot].sector = 0;
		buffers[count++] = (struct virtio_buffer){ &ranges[slot], sizeof(ranges[slot]), false };
	}
	for (unsigned i = 0; i < request->parts; i++)
		buffers[count++] =
			(struct virtio_buffer){ request->part[i].data, request->part[i].size, request->op == OP_READ };
	buffers[count++] = (struct virtio_buffer){ &results[slot], 1, true };
	virtio_submit(0, slot, buffers, count);
	return 0;
}

static void service(void)
{
	int slot;

	virtio_acknowledge();
	while ((slot = virtio_next_done(0)) >= 0)
		disk_finished((unsigned)slot, results[slot] ? -EIO : 0);
}

const struct driver virtio_blk = { "virtio-blk", MOST_SLOTS, matches, start, submit, service };
