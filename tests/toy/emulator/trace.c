/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace.c - everything that the guest sees, as lines of a file and as a hash of them.
 *
 * vCPU thread and main thread. Two runs are the same exactly when their files are.
 */
#include "toy.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static FILE *file;
static uint32_t hash = 2166136261u;

void trace_open(const char *path)
{
	file = fopen(path, "we");
	if (!file)
		die("the trace file cannot be made");
}

void trace(const char *format, ...)
{
	va_list arguments;
	char line[256];

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	pthread_mutex_lock(&lock);
	for (const char *c = line; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619u;
	fprintf(file, "%s\n", line);
	pthread_mutex_unlock(&lock);
}

uint32_t trace_close(void)
{
	fprintf(file, "hash %08x\n", hash);
	if (fclose(file))
		die("the trace file cannot be written");
	return hash;
}
