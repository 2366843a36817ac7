// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * crc32c.c - CRC-32C by the processor's own instruction where there is one, else four bits at a time.
 *
 * Owns nothing that changes; any thread may call it; it calls nothing and cannot fail.
 */
#include "crc32c.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { LANE = 1024 };

static uint32_t crc_portable(uint32_t crc, const uint8_t *p, size_t size)
{
	static const uint32_t table[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
		0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};

	while (size--) {
		crc ^= *p++;
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return crc;
}

#if defined(__x86_64__)
/* x^(8 * LANE - 33) and x^(16 * LANE - 33) modulo the polynomial, bits reversed. */
static const uint32_t by_one_lane = 0x170076fa, by_two_lanes = 0xa51b6135;

static uint64_t word_at(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* What, taken into a CRC, brings it behind as many zeros as the power of x says. */
__attribute__((target("sse4.2,pclmul"))) static uint64_t moved(uint64_t crc, uint32_t power)
{
	__m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((int64_t)crc), _mm_cvtsi32_si128((int)power), 0);

	return (uint64_t)_mm_cvtsi128_si64(product);
}

/*
 * The instruction takes three cycles, and can begin in each: three lanes beside each other. After Gopal et al., "Fast
 * CRC Computation for iSCSI Polynomial Using CRC32 Instruction".
 */
__attribute__((target("sse4.2,pclmul"))) static uint32_t crc_lanes(uint32_t crc, const uint8_t *p, size_t count)
{
	for (; count--; p += 3 * LANE) {
		uint64_t first = crc, second = 0, third = 0;

		for (size_t i = 0; i < LANE; i += 8) {
			first = __builtin_ia32_crc32di(first, word_at(p + i));
			second = __builtin_ia32_crc32di(second, word_at(p + LANE + i));
			third = __builtin_ia32_crc32di(third, word_at(p + 2 * LANE + i));
		}
		first = moved(first, by_two_lanes) ^ moved(second, by_one_lane);
		crc = (uint32_t)(__builtin_ia32_crc32di(0, first) ^ third);
	}
	return crc;
}

__attribute__((target("sse4.2"))) static uint32_t crc_fast(uint32_t crc, const uint8_t *p, size_t size)
{
	size_t lanes = __builtin_cpu_supports("pclmul") ? size / (3 * LANE) : 0;
	uint64_t wide = lanes ? crc_lanes(crc, p, lanes) : crc;

	p += lanes * 3 * LANE;
	size -= lanes * 3 * LANE;
	for (; size >= 8; p += 8, size -= 8)
		wide = __builtin_ia32_crc32di(wide, word_at(p));
	crc = (uint32_t)wide;
	while (size--)
		crc = __builtin_ia32_crc32qi(crc, *p++);
	return crc;
}
#endif

uint32_t rrj_crc32c(uint32_t crc, const void *data, size_t size)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("sse4.2"))
		return crc_fast(crc, data, size);
#endif
	return crc_portable(crc, data, size);
}
