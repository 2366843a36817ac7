/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crc32c.h - the checksum of frames and of the file header. Any thread; does not fail.
 */
#ifndef RRJ_CRC32C_H
#define RRJ_CRC32C_H

#include <stddef.h>
#include <stdint.h>

#define RRJ_CRC_START 0xffffffffu

/* Continues a CRC-32C (Castagnoli, reflected) over size more bytes. No final inversion: a result can be continued. */
uint32_t rrj_crc32c(uint32_t crc, const void *data, size_t size);

#endif
