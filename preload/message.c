/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * message.c - one line on stderr, and the end of the process.
 *
 * Any thread may call it, inside interposed functions too. Lines are formatted on the stack and written at once, so
 * that lines of two threads do not mix. A line that cannot be written is lost: there is nowhere to say so.
 */
#include "message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "interpose.h"

static const char *const module_names[MODULES] = {
	[MODULE_MAIN] = "main",	  [MODULE_HOOKS] = "hooks",	[MODULE_TURNSTILE] = "turnstile",
	[MODULE_GATE] = "gate",	  [MODULE_CLOCK] = "clock",	[MODULE_RANDOM] = "random",
	[MODULE_FILES] = "files", [MODULE_JOURNAL] = "journal",
};

static const char *const level_names[] = { "error", "warn", "info", "debug" };

static enum message_level levels[MODULES];

static struct termios terminal;
static bool have_terminal;

/* The cursor is behind a line of message_status(). */
static _Atomic bool have_status;

#define CLEAR_LINE "\r\033[K"

/* The index of the name that `text` starts with and that ends at `end`, or -1. */
static int lookup(const char *text, size_t length, const char *const names[], int count)
{
	for (int i = 0; i < count; i++)
		if (strlen(names[i]) == length && !memcmp(names[i], text, length))
			return i;
	return -1;
}

/* One "module:level". */
static bool configure_one(const char *text, size_t length, enum message_level result[MODULES])
{
	const char *colon = memchr(text, ':', length);
	size_t name = colon ? (size_t)(colon - text) : 0;
	int level, module;

	if (!colon)
		return false;
	level = lookup(colon + 1, length - name - 1, level_names, 4);
	if (level < 0)
		return false;
	if (name == 3 && !memcmp(text, "all", 3)) {
		for (int i = 0; i < MODULES; i++)
			result[i] = level;
		return true;
	}
	module = lookup(text, name, module_names, MODULES);
	if (module < 0)
		return false;
	result[module] = level;
	return true;
}

bool message_configure(const char *log)
{
	enum message_level result[MODULES];

	for (int i = 0; i < MODULES; i++)
		result[i] = MESSAGE_WARN;
	while (*log) {
		size_t length = strcspn(log, ",");

		if (!configure_one(log, length, result))
			return false;
		log += length + (log[length] == ',');
	}
	memcpy(levels, result, sizeof(levels));
	return true;
}

bool message_enabled(enum message_module module, enum message_level level)
{
	return level <= levels[module];
}

__attribute__((format(printf, 2, 0))) static void put(const char *prefix, const char *format, va_list arguments)
{
	char line[2048];
	int used = snprintf(line, sizeof(line), "%srrio: %s", have_status ? CLEAR_LINE : "", prefix);
	int more = vsnprintf(line + used, sizeof(line) - (size_t)used - 1, format, arguments);
	size_t size = (size_t)used + (more > 0 ? (size_t)more : 0);

	if (size > sizeof(line) - 2)
		size = sizeof(line) - 2;
	line[size++] = '\n';
	have_status = false;
	if (real.write(STDERR_FILENO, line, size) < 0)
		return;
}

void message(enum message_module module, enum message_level level, const char *format, ...)
{
	char prefix[64] = "";
	va_list arguments;
	int saved = errno;

	if (!message_enabled(module, level))
		return;
	if (level == MESSAGE_WARN)
		strcpy(prefix, "warning: ");
	else if (level > MESSAGE_WARN)
		snprintf(prefix, sizeof(prefix), "%s: %s: ", module_names[module], level_names[level]);
	va_start(arguments, format);
	put(prefix, format, arguments);
	va_end(arguments);
	errno = saved;
}

void message_status(const char *line)
{
	char text[256];
	int size = snprintf(text, sizeof(text), CLEAR_LINE "%s%s", *line ? "rrio: " : "", line);

	if (!*line && !have_status)
		return;
	have_status = *line;
	if (real.write(STDERR_FILENO, text, (size_t)size) < 0)
		return;
}

void message_more(const char *lines)
{
	if (real.write(STDERR_FILENO, lines, strlen(lines)) < 0)
		return;
}

void message_save_terminal(void)
{
	have_terminal = real.tcgetattr(STDIN_FILENO, &terminal) == 0;
}

void message_restore_terminal(void)
{
	if (have_terminal)
		real.tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
}

void message_end(int status, const char *format, ...)
{
	va_list arguments;

	message_restore_terminal();
	va_start(arguments, format);
	put("", format, arguments);
	va_end(arguments);
	_exit(status);
}
