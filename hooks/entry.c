/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * entry.c - replaces a function's body by a jump.
 *
 * Called by the library's constructor, while the process has one thread; bodies that are replaced for a while, by the
 * vCPU thread while the loops wait. The code is written through /proc/self/mem, which needs no change of the pages'
 * protection; where that is forbidden, the pages are made writable meanwhile. On failure nothing has been changed.
 */
#include "entry.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int entry_jump_x86_64(unsigned char code[ENTRY_JUMP_MAX], uint64_t to)
{
	/* movabs $to, %rax; jmp *%rax */
	static const unsigned char jump[12] = { 0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xe0 };

	memcpy(code, jump, sizeof(jump));
	memcpy(code + 2, &to, sizeof(to));
	return sizeof(jump);
}

int entry_jump_aarch64(unsigned char code[ENTRY_JUMP_MAX], uint64_t to)
{
	/* bti c (for calls by way of a register); ldr x16, .+8; br x16; the address */
	static const uint32_t jump[3] = { 0xd503245f, 0x58000050, 0xd61f0200 };

	memcpy(code, jump, sizeof(jump));
	memcpy(code + sizeof(jump), &to, sizeof(to));
	return sizeof(jump) + sizeof(to);
}

int entry_jump(unsigned char code[ENTRY_JUMP_MAX], const void *to)
{
#if defined(__x86_64__)
	return entry_jump_x86_64(code, (uintptr_t)to);
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return entry_jump_aarch64(code, (uintptr_t)to);
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

static int write_through_file(void *to, const void *code, size_t length)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC), result = 0;
	ssize_t written;

	if (fd < 0)
		return -errno;
	written = pwrite(fd, code, length, (off_t)(uintptr_t)to);
	if (written != (ssize_t)length)
		result = written < 0 ? -errno : -EIO;
	close(fd);
	return result;
}

static int write_in_place(void *to, const void *code, size_t length)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), first = (uintptr_t)to & -page;
	size_t size = (uintptr_t)to + length - first;

	if (mprotect((void *)first, size, PROT_READ | PROT_WRITE | PROT_EXEC))
		return -errno;
	memcpy(to, code, length);
	return mprotect((void *)first, size, PROT_READ | PROT_EXEC) ? -errno : 0;
}

static int write_code(void *function, const unsigned char *code, int length)
{
	int result = write_through_file(function, code, (size_t)length);

	if (result < 0)
		result = write_in_place(function, code, (size_t)length);
	/* Where instructions are cached apart from data. */
	__builtin___clear_cache((char *)function, (char *)function + length);
	return result;
}

int entry_replace(void *function, const void *to)
{
	unsigned char code[ENTRY_JUMP_MAX];
	int length = entry_jump(code, to);

	if (length < 0)
		return length;
	if (body_size(function) < (size_t)length)
		return -EINVAL;
	return write_code(function, code, length);
}

int entry_swap(struct entry_swap *swap, void *function, const void *to)
{
	unsigned char jump[ENTRY_JUMP_MAX];
	int length = entry_jump(jump, to), result;

	if (length < 0)
		return length;
	if (!function || body_size(function) < (size_t)length)
		return -EINVAL;
	swap->function = function;
	swap->length = length;
	memcpy(swap->code, function, (size_t)length);
	result = write_code(function, jump, length);
	swap->replaced = result == 0;
	return result;
}

void entry_swap_back(struct entry_swap *swap)
{
	if (swap->replaced)
		write_code(swap->function, swap->code, swap->length);
	swap->replaced = false;
}
