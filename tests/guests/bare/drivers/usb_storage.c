// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * usb_storage.c - a USB disk (bulk-only transport, SCSI commands) behind an xHCI controller. One request at a time:
 * command, data and status are transfers one after another. Called by disk.c with interrupts off; fails with -errno.
 */
#include "scsi.h"
#include "xhci.h"

#include "../clock.h"

enum { GET_DESCRIPTOR = 0x0680, SET_CONFIGURATION = 0x0900, CONFIGURATION = 2 << 8, MOST_DESCRIPTORS = 128 };
enum { INTERFACE_DESCRIPTOR = 4, ENDPOINT_DESCRIPTOR = 5, BULK = 2, MASS_STORAGE = 0x08, BULK_ONLY = 0x50 };
enum { COMMAND_SIGNATURE = 0x43425355, STATUS_SIGNATURE = 0x53425355, FROM_DEVICE = 0x80 };

struct command_block {
	uint32_t signature, tag, size;
	uint8_t flags, lun, length, command[SCSI_COMMAND_SIZE];
};

struct status_block {
	uint32_t signature, tag, rest;
	uint8_t status;
};

enum { COMMAND_BLOCK_SIZE = 31, STATUS_BLOCK_SIZE = 13 };

static struct command_block block;
static struct status_block answer;
static enum { IDLE, SENDING_COMMAND, MOVING_DATA, AWAITING_STATUS } stage;
static unsigned current;

static bool matches(const struct pci_device *device)
{
	return device->class == 0x0c0330;
}

static void note_endpoint(const uint8_t *descriptor, struct usb_endpoint endpoints[XHCI_BULK_PIPES])
{
	enum xhci_pipe pipe = descriptor[2] & FROM_DEVICE ? XHCI_BULK_IN : XHCI_BULK_OUT;

	if ((descriptor[3] & 3) == BULK)
		endpoints[pipe] =
			(struct usb_endpoint){ descriptor[2], (uint16_t)(descriptor[4] | descriptor[5] << 8) };
}

/* Descriptors begin with their length and kind; the endpoints follow their interface. */
static int find_endpoints(const uint8_t *at, const uint8_t *end, struct usb_endpoint endpoints[XHCI_BULK_PIPES])
{
	bool ours = false;

	for (; at + 8 < end && at[0]; at += at[0])
		if (at[1] == INTERFACE_DESCRIPTOR)
			ours = at[5] == MASS_STORAGE && at[7] == BULK_ONLY;
		else if (at[1] == ENDPOINT_DESCRIPTOR && ours)
			note_endpoint(at, endpoints);
	return endpoints[XHCI_BULK_IN].address && endpoints[XHCI_BULK_OUT].address ? 0 : -ENODEV;
}

static int start(const struct pci_device *device, struct disk *disk)
{
	static uint8_t descriptors[MOST_DESCRIPTORS];
	struct usb_endpoint endpoints[XHCI_BULK_PIPES] = { { 0, 0 } };
	int status = xhci_start(device);

	if (!status)
		status = xhci_control(GET_DESCRIPTOR, CONFIGURATION, descriptors, sizeof(descriptors));
	if (!status)
		status = find_endpoints(descriptors, descriptors + sizeof(descriptors), endpoints);
	if (!status)
		status = xhci_open_pipes(endpoints);
	if (!status)
		status = xhci_control(SET_CONFIGURATION, descriptors[5], NULL, 0);
	return status ? status : scsi_start(&usb_storage, disk);
}

static void move_data(const struct request *request)
{
	struct xhci_part parts[MOST_PARTS];

	for (unsigned i = 0; i < request->parts; i++)
		parts[i] = (struct xhci_part){ request->part[i].data, request->part[i].size };
	stage = MOVING_DATA;
	xhci_transfer(request->op == OP_WRITE ? XHCI_BULK_OUT : XHCI_BULK_IN, parts, request->parts);
}

static void ask_status(void)
{
	answer.signature = 0;
	stage = AWAITING_STATUS;
	xhci_transfer(XHCI_BULK_IN, &(struct xhci_part){ &answer, STATUS_BLOCK_SIZE }, 1);
}

/* The device takes the command at once; so its data are on their way when this returns. */
static int send_command(void)
{
	uint64_t end = clock_after(1000);
	int status;

	stage = SENDING_COMMAND;
	xhci_transfer(XHCI_BULK_OUT, &(struct xhci_part){ &block, COMMAND_BLOCK_SIZE }, 1);
	while (xhci_next_done(&status))
		if (clock_passed(end))
			return -ETIMEDOUT;
	return status;
}

static int submit(unsigned slot, const struct request *request)
{
	int status;

	current = slot;
	block = (struct command_block){ .signature = COMMAND_SIGNATURE,
					.tag = request->number,
					.flags = request->op == OP_WRITE ? 0 : FROM_DEVICE,
					.length = 10 };
	for (unsigned i = 0; i < request->parts; i++)
		block.size += request->part[i].size;
	scsi_command(request, block.command);
	status = send_command();
	if (status)
		return status;
	if (request->parts)
		move_data(request);
	else
		ask_status();
	return 0;
}

static int result(int status)
{
	bool fine = answer.signature == STATUS_SIGNATURE && answer.tag == block.tag && !answer.rest && !answer.status;

	return !status && fine ? 0 : -EIO;
}

static void service(void)
{
	int status;

	xhci_acknowledge();
	while (!xhci_next_done(&status))
		if (stage == MOVING_DATA && !status) {
			ask_status();
		} else {
			stage = IDLE;
			disk_finished(current, result(status));
		}
}

const struct driver usb_storage = { "usb-storage", 1, matches, start, submit, service };
