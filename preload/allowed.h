/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * allowed.h - what one who looks at a replayed guest may ask for: a table by name. Anything that is not in it is refused,
 * since it could change the guest, which then were not the recorded one.
 */
#ifndef PRELOAD_ALLOWED_H
#define PRELOAD_ALLOWED_H

#include <stdbool.h>

enum allowed_in { ALLOWED_GDB, ALLOWED_HMP, ALLOWED_QMP };

/* What becomes of it. */
enum verdict {
	VERDICT_REFUSE,
	VERDICT_PASS, /* the emulator answers */
	VERDICT_STOP, /* ours: the guest stays where it is */
	VERDICT_GO,   /* ours: it goes on */
	VERDICT_STEP, /* ours: gdb's vCont, which may be either */
	VERDICT_QUIT, /* ours: the replay ends here */
	VERDICT_HELLO, /* ours: nothing to do */
	VERDICT_NEST, /* there is a command of the monitor's in it, which is looked at in turn */
};

/* A packet of gdb's by its beginning, a command of a monitor's by its name, of HMP perhaps with its first argument. */
enum verdict allowed(enum allowed_in in, const char *what);

/* Tells the user, on standard error, that it was refused; the text for whoever asked, which holds until the next call. */
const char *allowed_refuse(const char *who, const char *what);

#endif
