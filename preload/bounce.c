/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bounce.c - a pool of page-aligned buffers, by sizes that are powers of two. Who calls what: bounce.h.
 *
 * What is given back stays for the next request of that size: as many buffers as were ever in use at once. Larger ones
 * are made and unmade each time.
 */
#include "bounce.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>

#include "interpose.h"

enum { SMALLEST = 4096, SIZES = 10 /* up to 2 MiB */ };

struct buffer {
	struct buffer *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct buffer *spare[SIZES];

/* The size that fits, or SIZES; what it holds goes to *room. */
static int size_index(size_t size, size_t *room)
{
	int i = 0;

	*room = SMALLEST;
	for (; i < SIZES && *room < size; i++)
		*room *= 2;
	if (i == SIZES)
		*room = size;
	return i;
}

static void *map(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void *bounce_get(size_t size)
{
	struct buffer *buffer = NULL;
	size_t room;
	int i = size_index(size, &room);

	if (i < SIZES) {
		real.pthread_mutex_lock(&lock);
		buffer = spare[i];
		if (buffer)
			spare[i] = buffer->next;
		real.pthread_mutex_unlock(&lock);
	}
	return buffer ? buffer : map(room);
}

void bounce_put(void *memory, size_t size)
{
	struct buffer *buffer = memory;
	size_t room;
	int i = size_index(size, &room);

	if (!buffer)
		return;
	if (i == SIZES) {
		munmap(memory, room);
		return;
	}
	real.pthread_mutex_lock(&lock);
	buffer->next = spare[i];
	spare[i] = buffer;
	real.pthread_mutex_unlock(&lock);
}
