// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * crc32c_test.c - the two ways to compute the checksum, and the definition, agree.
 */
#define rrj_crc32c crc_of_this_file /* the file is included for its portable half, which few processors run */
#include "journal/crc32c.c"
#undef rrj_crc32c

#include <CUnit/CUnit.h>

uint32_t rrj_crc32c(uint32_t crc, const void *data, size_t size);

static uint32_t bit_by_bit(uint32_t crc, const uint8_t *p, size_t size)
{
	while (size--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
	}
	return crc;
}

static void test_known(void)
{
	CU_ASSERT_EQUAL(~rrj_crc32c(RRJ_CRC_START, "123456789", 9), 0xe3069283);
	CU_ASSERT_EQUAL(~crc_portable(RRJ_CRC_START, (const uint8_t *)"123456789", 9), 0xe3069283);
}

static void test_all_agree(void)
{
	uint8_t bytes[300];
	uint32_t crc = 12345;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * i * 7 + i);
	for (size_t from = 0; from < 9; from++)
		for (size_t size = 0; size < sizeof(bytes) - 9; size++) {
			uint32_t right = bit_by_bit(crc, bytes + from, size);

			CU_ASSERT_EQUAL(rrj_crc32c(crc, bytes + from, size), right);
			CU_ASSERT_EQUAL(crc_portable(crc, bytes + from, size), right);
			CU_ASSERT_EQUAL(crc_of_this_file(crc, bytes + from, size), right);
			crc = right;
		}
}

/* So long that the processor's has several lanes, several times, and a rest. */
static void test_long(void)
{
	static uint8_t bytes[4 * 3 * LANE];
	const size_t at = 3 * LANE;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * i * 7 + i / 256);
	for (size_t times = 1; times < 4; times++)
		for (size_t size = times * at - 9; size < times * at + 20; size++)
			CU_ASSERT_EQUAL(rrj_crc32c(999, bytes + 3, size), bit_by_bit(999, bytes + 3, size));
}

CU_TestInfo crc32c_tests[] = {
	{ "the published value", test_known },
	{ "processor, portable and bit by bit agree", test_all_agree },
	{ "the processor's lanes", test_long },
	CU_TEST_INFO_NULL,
};
