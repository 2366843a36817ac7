// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * out.c - text on stdout. Owns a buffer, the pager's process, and the first error of writing.
 *
 * One thread. printf would be most of what a dump costs, so that numbers are made here.
 */
#include "out.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROOM = 1 << 16, LONGEST = 4096 };

static char buffer[ROOM];
static size_t used;
static int failure;
static pid_t pager;
static bool colour, asked;

static bool on_terminal(void)
{
	return isatty(STDOUT_FILENO);
}

bool out_in_colour(void)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");

	if (!asked)
		colour = on_terminal() && !(none && *none) && term && strcmp(term, "dumb");
	asked = true;
	return colour;
}

int out_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;

	if (columns && atoi(columns) > 0)
		return atoi(columns);
	return !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col ? size.ws_col : 100;
}

static const char *pager_name(void)
{
	static const char *const names[] = { "RRIO_PAGER", "PAGER" };

	for (int i = 0; i < 2; i++) {
		const char *value = getenv(names[i]);

		if (value)
			return value;
	}
	return "less";
}

void out_page(void)
{
	const char *name = pager_name();
	int ends[2];

	if (!on_terminal() || !*name || !strcmp(name, "cat") || pager)
		return;
	out_in_colour(); /* of the terminal, not of the pipe */
	if (pipe(ends))
		return;
	pager = fork();
	if (!pager) {
		dup2(ends[0], STDIN_FILENO);
		close(ends[0]);
		close(ends[1]);
		signal(SIGPIPE, SIG_DFL);
		setenv("LESS", "FRSX", 0);
		execl("/bin/sh", "sh", "-c", name, (char *)NULL);
		_exit(127);
	}
	close(ends[0]);
	if (pager > 0)
		dup2(ends[1], STDOUT_FILENO);
	close(ends[1]);
}

bool out_failed(void)
{
	return failure;
}

void out_flush(void)
{
	size_t done = 0;

	if (fflush(stdout) && !failure)
		failure = errno;
	while (done < used && !failure) {
		ssize_t n = write(STDOUT_FILENO, buffer + done, used - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			failure = errno;
	}
	used = 0;
}

int out_end(void)
{
	out_flush();
	if (pager > 0) {
		close(STDOUT_FILENO);
		while (waitpid(pager, NULL, 0) < 0 && errno == EINTR)
			;
		return 0;
	}
	return failure;
}

/* Room for so many bytes more. */
static char *room(size_t size)
{
	if (used + size > ROOM)
		out_flush();
	return buffer + used;
}

void out_char(char c)
{
	*room(1) = c;
	used++;
}

static void pad(int n)
{
	for (; n > 0; n--)
		out_char(' ');
}

void out_raw(const char *text)
{
	for (; *text; text++)
		out_char(*text);
}

/* Characters, not bytes: a column has to stand under the one above. */
static int length(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += (unsigned char)*text < 0x20 || *text == 0x7f ? 4 : ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

void out_text(const char *text, int width)
{
	int all = length(text), wide = width < 0 ? -width : width, left = wide && all > wide ? wide : all;

	if (width > 0)
		pad(wide - left);
	for (int n = 0; *text && (left == all || n < left); text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == 0x7f)
			out_format("\\x%02x", c);
		else
			out_char((char)c);
		n += c < 0x20 || c == 0x7f ? 4 : (text[1] & 0xc0) != 0x80;
	}
	if (width < 0)
		pad(wide - left);
}

static void number(uint64_t value, bool negative, int width)
{
	char digits[24], *p = digits + sizeof(digits);
	int wide = width < 0 ? -width : width, n;

	do
		*--p = (char)('0' + value % 10);
	while (value /= 10);
	if (negative)
		*--p = '-';
	n = (int)(digits + sizeof(digits) - p);
	if (width > 0)
		pad(wide - n);
	memcpy(room((size_t)n), p, (size_t)n);
	used += (size_t)n;
	if (width < 0)
		pad(wide - n);
}

void out_unsigned(uint64_t value, int width)
{
	number(value, false, width);
}

void out_number(int64_t value, int width)
{
	number(value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0, width);
}

void out_format(const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(room(LONGEST), LONGEST, format, arguments);
	va_end(arguments);
	used += n < LONGEST ? (size_t)n : LONGEST - 1;
}
