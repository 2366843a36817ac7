/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * emulator.h - the emulator's inside, as far as rrio calls it: one table of functions, looked up once at start.
 *
 * Filled by the library's constructor before any other thread exists, read-only afterwards, so every thread may use
 * it. Which QEMU names stand behind a member, by version: emulator.def.
 */
#ifndef HOOKS_EMULATOR_H
#define HOOKS_EMULATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* QEMU's VersionInfo (qapi/control.json), the same from 7.2 to 11.0. */
struct emulator_version {
	struct emulator_version_triple {
		int64_t major, minor, micro;
	} *qemu;
	char *package;
};

/* QEMU's QmpCommand (include/qapi/qmp/dispatch.h), the beginning; the same from 7.2 to 11.0. */
struct emulator_qmp_command {
	const char *name;
	void (*call)(void *arguments, void **result, void **error);
	unsigned options;
};

enum { QMP_IN_COROUTINE = 1 << 3 };

/* QEMU's QObject (include/qapi/qmp/qobject.h): destroyed when nobody refers to it any more. */
struct emulator_object {
	int type;
	size_t references;
};

/* glib's GString. */
struct emulator_string {
	char *text;
	size_t length, room;
};

/* A pointer to `type`, which may itself be a function pointer type written as in a cast. */
#define ROW(need, member, type, ...) __typeof__(type) member;
struct emulator {
#include "emulator.def"
};
#undef ROW

extern struct emulator emu;

/* QEMUClockType and the mask for all timers: include/qemu/timer.h, 7.2 to 11.0. */
enum { CLOCK_REALTIME_TIMERS = 0, CLOCK_VIRTUAL = 1, CLOCK_HOST_WARP = 3, TIMERS_ALL = -1 };

struct emulator_symbol {
	const char *name; /* the one found, else the newest known */
	bool required, found;
};

/*
 * Looks everything up. Returns how many required symbols are missing; all of them when the process is no emulator or
 * one that exports nothing.
 */
unsigned emulator_find(void);

/* Has it been patched at source to call us? Then its icount_round stays as it is. */
bool emulator_is_patched(void);

/* The i-th symbol of the table as found, or NULL behind the last. */
const struct emulator_symbol *emulator_symbol(size_t i);

/* The calling thread's vCPU, or NULL. */
void *emulator_current_cpu(void);

/*
 * Guest instructions executed so far, also inside an instruction that is no device access (RDRAND and its likes), where
 * emu.icount_raw would end the process; there the whole translation block counts.
 */
int64_t emulator_icount(void);

/* Nanoseconds until the next timer of the virtual clock, as far as the guest's time goes; 0: one is due. */
static inline int64_t emulator_deadline(void)
{
	return emu.clock_deadline(CLOCK_VIRTUAL, TIMERS_ALL);
}

#endif
