// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * main.c - runs the unit tests: all suites, or those named on the command line. Status 1 when a check failed.
 *
 * A suite is a file NAME_test.c with an array NAME_tests, and a line below.
 */
#include <CUnit/Basic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SUITES(X)                                                                         \
	X(crc32c) X(journal) X(order) X(damage) X(format) X(golden) X(stack) X(entry) X(message) \
	X(folder) X(exports) X(pieces) X(codec) X(warp)

#define DECLARE(name) extern CU_TestInfo name##_tests[];
SUITES(DECLARE)

#define ROW(name) { #name, NULL, NULL, NULL, NULL, name##_tests },
static CU_SuiteInfo suites[] = { SUITES(ROW) CU_SUITE_INFO_NULL };

static bool wanted(const char *suite, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], suite))
			return true;
	return argc < 2;
}

static bool add_suites(int argc, char **argv)
{
	bool any = false;

	for (CU_SuiteInfo *suite = suites; suite->pName; suite++) {
		CU_SuiteInfo one[] = { *suite, CU_SUITE_INFO_NULL };

		if (!wanted(suite->pName, argc, argv))
			continue;
		any = true;
		if (CU_register_suites(one) != CUE_SUCCESS)
			return false;
	}
	return any;
}

int main(int argc, char **argv)
{
	unsigned failures;

	if (CU_initialize_registry() != CUE_SUCCESS || !add_suites(argc, argv)) {
		fprintf(stderr, "unit-tests: no such suite, or no memory\n");
		return 2;
	}
	CU_basic_set_mode(CU_BRM_VERBOSE);
	if (CU_basic_run_tests() != CUE_SUCCESS)
		return 2;
	failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failures ? 1 : 0;
}
