/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scsi.h - commands of SCSI disks; scsi.c says who may call what. */
#ifndef BARE_SCSI_H
#define BARE_SCSI_H

#include "../disk.h"

enum { SCSI_COMMAND_SIZE = 16 };

void scsi_command(const struct request *request, uint8_t command[SCSI_COMMAND_SIZE]);

/* Waits for the disk behind a driver to be ready, and asks for its size; -ENODEV if it is never ready. */
int scsi_start(const struct driver *driver, struct disk *disk);

#endif
