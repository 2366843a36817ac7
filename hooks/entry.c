/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * entry.c - replaces a function's body by a jump.
 *
 * Called by the library's constructor, while the process has one thread. The code is written through /proc/self/mem,
 * which needs no change of the pages' protection. On failure nothing has been changed.
 */
#include "entry.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

int entry_jump(unsigned char code[ENTRY_JUMP_MAX], const void *to)
{
#if defined(__x86_64__)
	/* movabs $to, %rax; jmp *%rax */
	static const unsigned char jump[12] = { 0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xe0 };
	uint64_t address = (uintptr_t)to;

	memcpy(code, jump, sizeof(jump));
	memcpy(code + 2, &address, sizeof(address));
	return sizeof(jump);
#else
	(void)code, (void)to;
	return -ENOTSUP;
#endif
}

/* Bytes of the function that starts at `address`, by its symbol; 0 when there is none. */
static size_t body_size(const void *address)
{
	const ElfW(Sym) *symbol = NULL;
	Dl_info info;

	if (!dladdr1(address, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol || info.dli_saddr != address)
		return 0;
	return symbol->st_size;
}

int entry_replace(void *function, const void *to)
{
	unsigned char code[ENTRY_JUMP_MAX];
	int length = entry_jump(code, to), fd, result = 0;
	ssize_t written;

	if (length < 0)
		return length;
	if (body_size(function) < (size_t)length)
		return -EINVAL;
	fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	written = pwrite(fd, code, (size_t)length, (off_t)(uintptr_t)function);
	if (written != length)
		result = written < 0 ? -errno : -EIO;
	close(fd);
	return result;
}
