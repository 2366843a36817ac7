/* SPDX-License-Identifier: GPL-2.0-or-later */
/* version.c - qmp_query_version: the version that the toy behaves like. Called by the library's constructor. */
#include "toy.h"

EXPORTED const void *qmp_query_version(void **error);
EXPORTED const void *qmp_query_version(void **error)
{
	static int64_t numbers[] = { 7, 2, 22 };
	static const struct {
		int64_t *numbers;
		const char *package;
	} version = { numbers, " (toy)" };

	(void)error;
	return &version;
}
