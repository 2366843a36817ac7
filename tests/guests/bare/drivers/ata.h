/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ata.h - what IDE and AHCI disks have in common: commands, status bits, and what IDENTIFY says. */
#ifndef BARE_ATA_H
#define BARE_ATA_H

#include <stdint.h>

enum {
	ATA_IDENTIFY = 0xec,
	ATA_READ_DMA = 0xc8,
	ATA_WRITE_DMA = 0xca,
	ATA_READ_QUEUED = 0x60,
	ATA_WRITE_QUEUED = 0x61,
	ATA_FLUSH = 0xe7,
};

enum { ATA_BUSY = 0x80, ATA_WANTS_DATA = 8, ATA_FAILED = 0x21, ATA_LBA = 0xe0 };

enum { ATA_IDENTIFY_WORDS = 256 };

static inline uint32_t ata_sectors(const uint16_t *identify)
{
	return (uint32_t)identify[61] << 16 | identify[60];
}

#endif
