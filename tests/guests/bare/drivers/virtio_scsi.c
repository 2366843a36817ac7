// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtio_scsi.c - the first disk behind a virtio-scsi adapter, by its first request queue. Called by disk.c with
 * interrupts off; fails with -errno.
 */
#include "scsi.h"
#include "virtio.h"

enum { CONTROL_QUEUE, EVENT_QUEUE, REQUEST_QUEUE, MOST_TARGETS = 8, ANSWER_SIZE = 108 };

struct header {
	uint8_t lun[8], tag[8], attributes[3], command[32];
};

struct answer {
	uint32_t sense_size, rest;
	uint16_t qualifier;
	uint8_t status, response, sense[96];
};

_Static_assert(sizeof(struct header) == 51 && sizeof(struct answer) == ANSWER_SIZE, "as the specification lays it out");

static struct header headers[MOST_SLOTS];
static volatile struct answer answers[MOST_SLOTS];
static uint8_t target;

static bool matches(const struct pci_device *device)
{
	return device->vendor == VIRTIO_VENDOR && (device->device == 0x1004 || device->device == 0x1048);
}

static int start(const struct pci_device *device, struct disk *disk)
{
	int status = virtio_open(device);

	for (unsigned queue = CONTROL_QUEUE; !status && queue <= REQUEST_QUEUE; queue++)
		status = virtio_start_queue(queue);
	if (status)
		return status;
	virtio_ready();
	for (target = 0; target < MOST_TARGETS; target++) {
		status = scsi_start(&virtio_scsi, disk);
		if (status != -ENODEV)
			return status;
	}
	return -ENODEV;
}

static unsigned add_parts(struct virtio_buffer *buffers, unsigned count, const struct request *request, bool wanted)
{
	for (unsigned i = 0; wanted && i < request->parts; i++)
		buffers[count++] =
			(struct virtio_buffer){ request->part[i].data, request->part[i].size, request->op != OP_WRITE };
	return count;
}

static int submit(unsigned slot, const struct request *request)
{
	struct virtio_buffer buffers[MOST_BUFFERS] = { { &headers[slot], sizeof(headers[slot]), false } };
	unsigned count = 1;

	headers[slot] = (struct header){ .lun = { 1, target, 0x40 }, .tag = { (uint8_t)slot } };
	scsi_command(request, headers[slot].command);
	answers[slot].response = 0xff;
	/* What the device reads comes before what it writes. */
	count = add_parts(buffers, count, request, request->op == OP_WRITE);
	buffers[count++] = (struct virtio_buffer){ &answers[slot], sizeof(answers[slot]), true };
	count = add_parts(buffers, count, request, request->op != OP_WRITE);
	virtio_submit(REQUEST_QUEUE, slot, buffers, count);
	return 0;
}

static void service(void)
{
	int slot;

	virtio_acknowledge();
	while ((slot = virtio_next_done(REQUEST_QUEUE)) >= 0)
		disk_finished((unsigned)slot, answers[slot].response || answers[slot].status ? -EIO : 0);
}

const struct driver virtio_scsi = { "virtio-scsi", MOST_SLOTS, matches, start, submit, service };
