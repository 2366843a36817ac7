// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * message_test.c - RRIO_LOG's values.
 */
#include "preload/message.h"

#include <CUnit/CUnit.h>

/* Which level each module has: the highest that is enabled. */
static int level(enum message_module module)
{
	int highest = -1;

	for (int i = MESSAGE_ERROR; i <= MESSAGE_DEBUG; i++)
		if (message_enabled(module, (enum message_level)i))
			highest = i;
	return highest;
}

static void test_good(void)
{
	static const struct {
		const char *log;
		enum message_level turnstile, files;
	} rows[] = {
		{ "", MESSAGE_WARN, MESSAGE_WARN },
		{ "all:error", MESSAGE_ERROR, MESSAGE_ERROR },
		{ "all:warn,turnstile:debug", MESSAGE_DEBUG, MESSAGE_WARN },
		{ "turnstile:debug,all:info", MESSAGE_INFO, MESSAGE_INFO },
		{ "files:info", MESSAGE_WARN, MESSAGE_INFO },
		{ "files:info,files:error", MESSAGE_WARN, MESSAGE_ERROR },
		{ "main:debug,hooks:debug,turnstile:info,gate:debug,clock:debug,random:debug,files:debug,journal:debug",
		  MESSAGE_INFO, MESSAGE_DEBUG },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CU_ASSERT_TRUE(message_configure(rows[i].log));
		CU_ASSERT_EQUAL(level(MODULE_TURNSTILE), (int)rows[i].turnstile);
		CU_ASSERT_EQUAL(level(MODULE_FILES), (int)rows[i].files);
	}
}

static void test_bad(void)
{
	static const char *const logs[] = { "debug",	  "all",       "all:",
					    ":debug",	  "all:loud",  "engine:warn",
					    "all:warn,,", ",all:warn", "all:warn;main:debug",
					    "all:warn ",  "All:warn",  "all:warn,x",
					    "all:warning" };

	CU_ASSERT_TRUE(message_configure("all:info"));
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		if (message_configure(logs[i]))
			CU_FAIL(logs[i]);
		CU_ASSERT_EQUAL(level(MODULE_MAIN), MESSAGE_INFO);
	}
	CU_ASSERT_TRUE(message_configure(""));
}

CU_TestInfo message_tests[] = {
	{ "values that are understood", test_good },
	{ "values that are refused, and change nothing", test_bad },
	CU_TEST_INFO_NULL,
};
