// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * entry_test.c - a function's body is replaced by a jump, or left alone.
 */
#include "hooks/entry.h"

#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

/* As the emulator's: exported, so that their sizes can be found. */
__attribute__((visibility("default"))) int64_t entry_test_large(int64_t n);
__attribute__((visibility("default"), noinline)) int64_t entry_test_large(int64_t n)
{
	for (int64_t i = 0; i < 10; i++)
		n = n * 3 + i;
	return n;
}

/* Small whatever the compiler's options are. */
__attribute__((visibility("default"))) int64_t entry_test_small(int64_t n);
__asm__(".pushsection .text\n"
	".globl entry_test_small\n"
	".type entry_test_small, @function\n"
	"entry_test_small:\n"
	"	mov %rdi, %rax\n"
	"	ret\n"
	".size entry_test_small, . - entry_test_small\n"
	".popsection\n");

/* Called through its address, so that no call is computed beforehand. */
static int64_t (*volatile large)(int64_t n) = entry_test_large;

__attribute__((noinline)) static int64_t not_exported(int64_t n)
{
	return large(n) + 1;
}

static int64_t replacement(int64_t n)
{
	return n + 1000;
}

static void test_jump(void)
{
	unsigned char code[ENTRY_JUMP_MAX];
	uint64_t address;

	CU_ASSERT_EQUAL_FATAL(entry_jump_x86_64(code, 0x1122334455667788), 12);
	CU_ASSERT_EQUAL(code[0] << 8 | code[1], 0x48b8);
	memcpy(&address, code + 2, sizeof(address));
	CU_ASSERT_EQUAL(address, 0x1122334455667788);
	CU_ASSERT_EQUAL(code[10] << 8 | code[11], 0xffe0);
}

static void test_jump_aarch64(void)
{
	/* What objdump of binutils-aarch64-linux-gnu shows as: bti c; ldr x16, +8; br x16; .quad */
	static const unsigned char wanted[ENTRY_JUMP_MAX] = { 0x5f, 0x24, 0x03, 0xd5, 0x50, 0x00, 0x00,
							      0x58, 0x00, 0x02, 0x1f, 0xd6, 0x88, 0x77,
							      0x66, 0x55, 0x44, 0x33, 0x22, 0x11 };
	unsigned char code[ENTRY_JUMP_MAX];

	CU_ASSERT_EQUAL_FATAL(entry_jump_aarch64(code, 0x1122334455667788), ENTRY_JUMP_MAX);
	CU_ASSERT_EQUAL(memcmp(code, wanted, sizeof(wanted)), 0);
}

static void test_refused(void)
{
	CU_ASSERT_EQUAL(entry_replace((void *)entry_test_small, (const void *)replacement), -EINVAL);
	CU_ASSERT_EQUAL(entry_test_small(5), 5);
	/* Without a symbol of its own, and in the middle of a function: no body is known. */
	CU_ASSERT_EQUAL(entry_replace((void *)not_exported, (const void *)replacement), -EINVAL);
	CU_ASSERT_EQUAL(entry_replace((char *)entry_test_large + 1, (const void *)replacement), -EINVAL);
	CU_ASSERT_EQUAL(large(0), 14757);
	CU_ASSERT_EQUAL(not_exported(0), 14758);
}

static void test_replaced(void)
{
	CU_ASSERT_EQUAL(large(1), 73806);
	CU_ASSERT_EQUAL_FATAL(entry_replace((void *)entry_test_large, (const void *)replacement), 0);
	CU_ASSERT_EQUAL(large(1), 1001);
	CU_ASSERT_EQUAL(not_exported(1), 1002);
}

CU_TestInfo entry_tests[] = {
	{ "the jump's bytes", test_jump },
	{ "the jump's bytes on aarch64", test_jump_aarch64 },
	{ "a body that is too small or unknown is left alone", test_refused },
	{ "every call goes to the replacement", test_replaced },
	CU_TEST_INFO_NULL,
};
