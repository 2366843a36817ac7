// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forbid.c - a host that does not let a process change its own code. Loaded behind librrio.so by FORBID=WHAT,…: `memory`
 * lets nothing be written through /proc/self/mem (kernels with proc_mem.force_override=never), `protect` makes no page
 * of a program's code writable (SELinux without execmod). Called by the emulator's threads; keeps nothing, and fails as
 * the kernel does.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#define INTERPOSED __attribute__((visibility("default")))

static bool forbidden(const char *what)
{
	const char *list = getenv("FORBID");

	return list && strstr(list, what);
}

static bool is_memory(int fd)
{
	char link[64], name[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, name, sizeof(name) - 1);
	if (length < 4)
		return false;
	name[length] = '\0';
	return !strncmp(name, "/proc/", 6) && !strcmp(name + length - 4, "/mem");
}

static ssize_t write_at(const char *original, int fd, const void *data, size_t size, off_t offset)
{
	ssize_t (*real)(int, const void *, size_t, off_t);

	*(void **)&real = dlsym(RTLD_NEXT, original);
	if (!forbidden("memory") || !is_memory(fd))
		return real(fd, data, size, offset);
	errno = EIO;
	return -1;
}

INTERPOSED ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
	return write_at("pwrite", fd, data, size, offset);
}

INTERPOSED ssize_t pwrite64(int fd, const void *data, size_t size, off_t offset)
{
	return write_at("pwrite64", fd, data, size, offset);
}

INTERPOSED int mprotect(void *address, size_t size, int protection)
{
	int (*real)(void *, size_t, int);
	Dl_info info;

	*(void **)&real = dlsym(RTLD_NEXT, "mprotect");
	if (!forbidden("protect") || !(protection & PROT_WRITE) || !(protection & PROT_EXEC) || !dladdr(address, &info))
		return real(address, size, protection);
	errno = EACCES;
	return -1;
}
