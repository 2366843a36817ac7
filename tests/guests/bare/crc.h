/* SPDX-License-Identifier: GPL-2.0-or-later */
/* crc.h - CRC-32; crc.c says who may call what. */
#ifndef BARE_CRC_H
#define BARE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 as zlib has it; `crc` is 0 or the result over what comes before. */
uint32_t crc32(uint32_t crc, const uint8_t *data, size_t size);

#endif
