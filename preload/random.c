/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * random.c - randomness that may reach the guest: journalled when recording, taken from the journal in replay.
 *
 * What the main thread and the vCPU thread ask for: gnutls_rnd (QEMU's qcrypto_random_bytes: RDRAND, virtio-rng, a
 * device tree's seed), getrandom, glib's generator (UUIDs), and reads of the random devices (rng-random). The order is
 * that of the guest's run, since the two threads alternate.
 */
#include "random.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "config.h"
#include "descriptor.h"
#include "desktop.h"
#include "interpose.h"
#include "outside.h"
#include "self.h"
#include "tape.h"
#include "turnstile.h"

static bool journalled(void)
{
	return self_is_party() && config.mode != MODE_OFF;
}

/* Calls the original with our other wrappers switched off: a library's generator asks the kernel in its turn. */
#define ORIGINAL(call)                   \
	({                               \
		__typeof__(call) answer; \
		self.inside = true;      \
		answer = (call);         \
		self.inside = false;     \
		answer;                  \
	})

/* ---- generators ---- */

INTERPOSED int gnutls_rnd(int level, void *data, size_t size);
INTERPOSED int gnutls_rnd(int level, void *data, size_t size)
{
	if (!journalled())
		return real.gnutls_rnd(level, data, size);
	if (recording()) {
		int result = ORIGINAL(real.gnutls_rnd(level, data, size));

		if (result < 0)
			return result;
	}
	tape_input(RRJ_GNUTLS_RND, data, size);
	return 0;
}

INTERPOSED ssize_t getrandom(void *data, size_t size, unsigned flags)
{
	ssize_t result = 0;

	if (!journalled() || desktop_calls(__builtin_return_address(0)))
		return real.getrandom(data, size, flags);
	if (recording())
		result = ORIGINAL(real.getrandom(data, size, flags));
	return tape_result(RRJ_GETRANDOM, result, data);
}

INTERPOSED int getentropy(void *data, size_t size)
{
	ssize_t result = 0;

	if (!journalled())
		return real.getentropy(data, size);
	if (recording())
		result = ORIGINAL(real.getentropy(data, size));
	/* All or nothing: its result counts no bytes. */
	if (result == 0)
		result = (ssize_t)size;
	return tape_result(RRJ_GETRANDOM, result, data) < 0 ? -1 : 0;
}

INTERPOSED uint32_t g_random_int(void);
INTERPOSED uint32_t g_random_int(void)
{
	uint32_t value = 0;

	if (!journalled())
		return real.g_random_int();
	if (recording())
		value = ORIGINAL(real.g_random_int());
	tape_input(RRJ_G_RANDOM, &value, sizeof(value));
	return value;
}

INTERPOSED int32_t g_random_int_range(int32_t begin, int32_t end);
INTERPOSED int32_t g_random_int_range(int32_t begin, int32_t end)
{
	int32_t value = 0;

	if (!journalled())
		return real.g_random_int_range(begin, end);
	if (recording())
		value = ORIGINAL(real.g_random_int_range(begin, end));
	tape_input(RRJ_G_RANDOM, &value, sizeof(value));
	return value;
}

/* A generator of glib's own (libslirp's): seeded as glib does it, but with bytes that are journalled. */
INTERPOSED void *g_rand_new(void);
INTERPOSED void *g_rand_new(void)
{
	void *(*make)(const uint32_t *seed, unsigned length);
	uint32_t seed[4] = { 0 };

	if (!journalled())
		return real.g_rand_new();
	*(void **)&make = dlsym(RTLD_DEFAULT, "g_rand_new_with_seed_array");
	if (recording() && ORIGINAL(real.getrandom(seed, sizeof(seed), 0)) < 0)
		return real.g_rand_new();
	tape_input(RRJ_G_RANDOM, seed, sizeof(seed));
	return make(seed, sizeof(seed) / sizeof(seed[0]));
}

/* ---- random devices ---- */

static _Atomic bool is_random[DESCRIPTORS];

void random_opened(int fd, const char *path)
{
	static const char *const devices[] = { "/dev/urandom", "/dev/random", "/dev/hwrng" };

	if (fd < 0 || fd >= DESCRIPTORS || !journalled())
		return;
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (!strcmp(path, devices[i]))
			is_random[fd] = true;
}

void random_closed(int fd)
{
	if (fd >= 0 && fd < DESCRIPTORS)
		is_random[fd] = false;
}

static bool from_random_device(int fd)
{
	return fd >= 0 && fd < DESCRIPTORS && is_random[fd] && journalled();
}

INTERPOSED ssize_t read(int fd, void *data, size_t size)
{
	if (outside_is_call(fd))
		return outside_read(fd, data, size);
	if (!from_random_device(fd))
		return real.read(fd, data, size);
	return tape_result(RRJ_RANDOM_DEVICE, recording() ? real.read(fd, data, size) : 0, data);
}

INTERPOSED ssize_t __read_chk(int fd, void *data, size_t size, size_t room);
INTERPOSED ssize_t __read_chk(int fd, void *data, size_t size, size_t room)
{
	if (outside_is_call(fd))
		return outside_read(fd, data, size < room ? size : room);
	if (!from_random_device(fd))
		return real.__read_chk(fd, data, size, room);
	return tape_result(RRJ_RANDOM_DEVICE, recording() ? real.__read_chk(fd, data, size, room) : 0, data);
}
