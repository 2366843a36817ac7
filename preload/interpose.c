/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interpose.c - finds the originals. Any thread, at any time; takes no lock and allocates nothing of its own.
 *
 * An original that does not exist although somebody calls it cannot be answered: the process is ended, with its name.
 */
#include "interpose.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * glibc on x86-64 has two implementations of the condition variables; dlsym() finds the old one, which must not be
 * mixed with the new one that the emulator's own calls were linked to. ThreadSanitizer puts its own before both.
 */
#ifdef __SANITIZE_THREAD__
#define FIND_COND(name) dlsym(RTLD_NEXT, name)
#else
#define FIND_COND(name) dlvsym(RTLD_NEXT, name, "GLIBC_2.3.2")
#endif

static void *find(const char *name)
{
	void *original = NULL;

	if (!strncmp(name, "pthread_cond_", 13))
		original = FIND_COND(name);
	return original ? original : dlsym(RTLD_NEXT, name);
}

static void *need(const char *name)
{
	static const char text[] = "rrio: a function that the emulator calls is in none of its libraries: ";
	void *original = find(name);

	if (original)
		return original;
	syscall(SYS_write, STDERR_FILENO, text, sizeof(text) - 1);
	syscall(SYS_write, STDERR_FILENO, name, strlen(name));
	syscall(SYS_write, STDERR_FILENO, "\n", 1);
	abort();
}

#define FN(returns, name, parameters, arguments)    \
	static returns first_##name parameters      \
	{                                           \
		*(void **)&real.name = need(#name); \
		return real.name arguments;         \
	}
#include "interpose.def"

#define FN(returns, name, parameters, arguments) .name = first_##name,
struct real real = {
#include "interpose.def"
};

static void put_original(void *slot, const char *name)
{
	void *original = find(name);

	if (original)
		*(void **)slot = original;
}

void interpose_find(void)
{
#define FN(returns, name, parameters, arguments) put_original(&real.name, #name);
#include "interpose.def"
}
