// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * scsi.c - commands of SCSI disks, for the drivers that carry them. Interrupts off; fails with -errno.
 */
#include "scsi.h"

enum { MOST_ATTEMPTS = 8 };

void scsi_command(const struct request *request, uint8_t command[SCSI_COMMAND_SIZE])
{
	static const uint8_t opcodes[OPERATIONS] = {
		[OP_READ] = 0x28, [OP_WRITE] = 0x2a, [OP_FLUSH] = 0x35, [OP_READY] = 0x00, [OP_CAPACITY] = 0x25
	};

	memset(command, 0, SCSI_COMMAND_SIZE);
	command[0] = opcodes[request->op];
	if (request->op != OP_READ && request->op != OP_WRITE)
		return;
	for (unsigned i = 0; i < 4; i++)
		command[2 + i] = (uint8_t)(request->sector >> (24 - 8 * i));
	command[8] = (uint8_t)request->sectors;
}

static uint32_t big_endian(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

int scsi_start(const struct driver *driver, struct disk *disk)
{
	static uint8_t answer[8];
	struct request ready = { .op = OP_READY };
	struct request capacity = { .op = OP_CAPACITY, .parts = 1, .part[0] = { answer, sizeof(answer) } };
	int status = -EIO;

	/* A disk reports what happened to it, such as a reset, once each instead of answering. */
	for (unsigned i = 0; status == -EIO && i < MOST_ATTEMPTS; i++)
		status = disk_execute(driver, &ready);
	if (status)
		return status == -EIO ? -ENODEV : status;
	status = disk_execute(driver, &capacity);
	if (status)
		return status;
	disk->sectors = big_endian(answer) + 1;
	return big_endian(answer + 4) == 512 ? 0 : -EINVAL;
}
