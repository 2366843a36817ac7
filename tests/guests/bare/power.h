/* SPDX-License-Identifier: GPL-2.0-or-later */
/* power.h - the ways a boot ends; power.c says who may call what. */
#ifndef BARE_POWER_H
#define BARE_POWER_H

#include "console.h"

enum ending { END_EXIT, END_ACPI, END_TRIPLE, END_NONE };

/* What the last boot left behind for this one; forgotten once asked. */
enum mark { MARK_NONE, MARK_REBOOT = 0xb1, MARK_TRIPLE = 0xb2 };
enum mark power_take_mark(void);

/* Resets the machine; the next boot finds MARK_REBOOT. */
_Noreturn void power_reboot(void);

/* END_EXIT ends by the debug exit device if there is one (status 1), else like END_ACPI. */
_Noreturn void power_end(enum ending ending);

_Noreturn void power_fail(void); /* the same; the debug exit device's status is 3 */

/* Prints and ends. On the boot processor, in any context. */
#define fail(...) (say("bare: error: " __VA_ARGS__), say("\n"), power_fail())

#endif
