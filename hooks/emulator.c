/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * emulator.c - finds the emulator's functions: among the symbols that it exports, or in the list of a patched one.
 *
 * Called once, by the library's constructor. Must not call into the emulator: nothing of it has run yet. A symbol
 * that is missing stays NULL; the caller decides what follows.
 */
#include "emulator.h"

#include <dlfcn.h>
#include <string.h>

#include "rrio/hook.h"

struct emulator emu;

enum { OPTIONAL, REQUIRED };

struct row {
	bool required;
	void *member;
	const char *names[3];
};

#define ROW(need, member, type, ...) { need, (void *)&emu.member, { __VA_ARGS__ } },
static const struct row rows[] = {
#include "emulator.def"
};
#undef ROW

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static struct emulator_symbol symbols[ROWS];

static const struct rrio_symbol *handed_over;

__attribute__((visibility("default"))) void rrio_emulator(const struct rrio_symbol *list)
{
	handed_over = list;
}

bool emulator_is_patched(void)
{
	return handed_over;
}

static void *look_up(const char *name)
{
	if (!handed_over)
		return dlsym(RTLD_DEFAULT, name);
	for (const struct rrio_symbol *symbol = handed_over; symbol->name; symbol++)
		if (!strcmp(symbol->name, name))
			return symbol->address;
	return NULL;
}

static void *find(const struct row *row, const char **name)
{
	for (size_t i = 0; i < sizeof(row->names) / sizeof(row->names[0]) && row->names[i]; i++) {
		void *address = look_up(row->names[i]);

		if (address) {
			*name = row->names[i];
			return address;
		}
	}
	*name = row->names[0];
	return NULL;
}

unsigned emulator_find(void)
{
	unsigned missing = 0;

	for (size_t i = 0; i < ROWS; i++) {
		void *address = find(&rows[i], &symbols[i].name);

		symbols[i].required = rows[i].required;
		symbols[i].found = address;
		*(void **)rows[i].member = address;
		missing += rows[i].required && !address;
	}
	return missing;
}

const struct emulator_symbol *emulator_symbol(size_t i)
{
	return i < ROWS ? &symbols[i] : NULL;
}

/* A thread-local symbol's address is the calling thread's own. */
static void **current_cpu_at(void)
{
	static __thread void **cpu;

	if (!cpu)
		cpu = handed_over ? ((void **(*)(void))emu.current_cpu)() : dlsym(RTLD_DEFAULT, "current_cpu");
	return cpu;
}

void *emulator_current_cpu(void)
{
	void **cpu = current_cpu_at();

	return cpu ? *cpu : NULL;
}

/* Without a current vCPU the count is what was added up, and may be asked for anywhere. */
int64_t emulator_icount(void)
{
	void **at = current_cpu_at(), *cpu = at ? *at : NULL;
	int64_t icount;

	if (!cpu)
		return emu.icount_raw();
	if (emu.icount_update)
		emu.icount_update(cpu);
	*at = NULL;
	icount = emu.icount_raw();
	*at = cpu;
	return icount;
}
