// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * exports_test.c - librrio.so exports every function of interpose.def, the two of hook.h, and nothing else.
 *
 * The library is read as a file: loading it here would take those functions' places.
 */
#include <CUnit/CUnit.h>
#include <elf.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const wanted[] = {
#define FN(returns, name, parameters, arguments) #name,
#include "preload/interpose.def"
	"rrio_slice_budget", "rrio_emulator",
};

enum { WANTED = sizeof(wanted) / sizeof(wanted[0]) };

static const unsigned char *image;
static size_t image_size;

static void map_library(void)
{
	char self[PATH_MAX], path[PATH_MAX + 16];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct stat status;
	int fd;

	CU_ASSERT_FATAL(length > 0);
	self[length] = '\0';
	snprintf(path, sizeof(path), "%s/librrio.so", dirname(self));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CU_ASSERT_FATAL(fd >= 0 && !fstat(fd, &status));
	image_size = (size_t)status.st_size;
	image = mmap(NULL, image_size, PROT_READ, MAP_PRIVATE, fd, 0);
	CU_ASSERT_FATAL(image != MAP_FAILED);
	close(fd);
}

static const Elf64_Shdr *section(Elf64_Word type)
{
	const Elf64_Ehdr *header = (const void *)image;
	const Elf64_Shdr *sections = (const void *)(image + header->e_shoff);

	for (unsigned i = 0; i < header->e_shnum; i++)
		if (sections[i].sh_type == type)
			return &sections[i];
	return NULL;
}

static bool is_wanted(const char *name, bool seen[WANTED])
{
	for (size_t i = 0; i < WANTED; i++)
		if (!strcmp(wanted[i], name))
			return seen[i] = true;
	return false;
}

static void look_at(const Elf64_Sym *symbol, const char *names, bool seen[WANTED])
{
	const char *name = names + symbol->st_name;

	if (symbol->st_shndx == SHN_UNDEF || ELF64_ST_BIND(symbol->st_info) == STB_LOCAL)
		return;
	if (!is_wanted(name, seen))
		CU_FAIL(name);
	CU_ASSERT_EQUAL(ELF64_ST_TYPE(symbol->st_info), STT_FUNC);
}

static void test_exports(void)
{
	const Elf64_Shdr *table, *sections;
	bool seen[WANTED] = { false };

	map_library();
	table = section(SHT_DYNSYM);
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	sections = (const void *)(image + ((const Elf64_Ehdr *)(const void *)image)->e_shoff);
	for (size_t i = 1; i < table->sh_size / sizeof(Elf64_Sym); i++)
		look_at((const Elf64_Sym *)(const void *)(image + table->sh_offset) + i,
			(const char *)image + sections[table->sh_link].sh_offset, seen);
	for (size_t i = 0; i < WANTED; i++)
		if (!seen[i])
			CU_FAIL(wanted[i]);
	munmap((void *)image, image_size);
}

CU_TestInfo exports_tests[] = {
	{ "each function of the table, and nothing else", test_exports },
	CU_TEST_INFO_NULL,
};
