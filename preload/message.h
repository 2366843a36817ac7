/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * message.h - what rrio says, and how it ends the process.
 *
 * One line on stderr, "rrio: " first. Any thread, also inside an interposed function: no allocation, no stdio stream,
 * no lock.
 */
#ifndef PRELOAD_MESSAGE_H
#define PRELOAD_MESSAGE_H

#include <stdbool.h>

enum message_level { MESSAGE_ERROR, MESSAGE_WARN, MESSAGE_INFO, MESSAGE_DEBUG };

enum message_module {
	MODULE_MAIN, /* start, end and everything without a module of its own */
	MODULE_HOOKS,
	MODULE_TURNSTILE,
	MODULE_GATE,
	MODULE_CLOCK,
	MODULE_RANDOM,
	MODULE_FILES,
	MODULE_JOURNAL,
	MODULES,
};

/* Exit statuses (interface.md). */
enum {
	STATUS_FINDING = 1,
	STATUS_USAGE = 2,
	STATUS_UNREADABLE = 65,
	STATUS_UNSUPPORTED = 69,
	STATUS_BUG = 70,
	STATUS_TRY_AGAIN = 75,
};

/* Takes RRIO_LOG's value ("all:warn,turnstile:debug"). false: it is not of that form, and nothing has changed. */
bool message_configure(const char *log);

bool message_enabled(enum message_module module, enum message_level level);

__attribute__((format(printf, 3, 4))) void message(enum message_module module, enum message_level level,
						   const char *format, ...);

/*
 * A line on the terminal that is overwritten by the next one, and that every message takes away. Empty: none.
 */
void message_status(const char *line);

/* Lines behind a message that explain it, with their newlines, as they are. */
void message_more(const char *lines);

/*
 * Says why and ends the emulator at once, from any thread: the terminal is put back as it was found, the journal is
 * left as it is. For refusals and divergences, where no further guest instruction may run.
 */
__attribute__((format(printf, 2, 3), noreturn)) void message_end(int status, const char *format, ...);

/* The terminal's settings, which QEMU changes: remembered by the constructor, put back before the process is ended. */
void message_save_terminal(void);
void message_restore_terminal(void);

#endif
