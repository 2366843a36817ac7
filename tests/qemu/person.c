// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * person.c - sits at a terminal: runs a command on a pty of its own and does what a script on standard input says.
 *
 * person SCREEN COMMAND...; what the command prints goes into the file SCREEN. A line of the script is one of
 *
 *	wait TEXT	until the screen shows it, behind what was waited for before
 *	type TEXT	and the return key
 *	key N		one byte, by its number
 *	paste N		so many lines of 64 bytes, at once
 *	hang up		closes the terminal
 *
 * Ends with the command's status; 124 when something does not come within two minutes.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { SCREEN_MAX = 16 << 20, PATIENCE_S = 120 };

static struct {
	int pty, file;
	char text[SCREEN_MAX];
	size_t size, seen;
} screen;

static time_t deadline;

/* Takes what the command prints now, or after a while. false: no more will come. */
static bool watch(int ms)
{
	struct pollfd ready = { .fd = screen.pty, .events = POLLIN };
	ssize_t n;

	if (time(NULL) > deadline) {
		fprintf(stderr, "person: waited too long\n");
		exit(124);
	}
	if (poll(&ready, 1, ms) <= 0)
		return true;
	n = read(screen.pty, screen.text + screen.size, sizeof(screen.text) - screen.size - 1);
	if (n <= 0)
		return false;
	if (write(screen.file, screen.text + screen.size, (size_t)n) != n)
		exit(1);
	screen.size += (size_t)n;
	return true;
}

static void await(const char *what)
{
	const char *at;

	while (!(at = memmem(screen.text + screen.seen, screen.size - screen.seen, what, strlen(what))))
		if (!watch(1000)) {
			fprintf(stderr, "person: it ended without: %s\n", what);
			return;
		}
	screen.seen = (size_t)(at - screen.text) + strlen(what);
}

/* Reads the screen meanwhile: who does not look at what they type blocks the other side. */
static void type(const char *text, size_t size)
{
	while (size) {
		ssize_t n = write(screen.pty, text, size);

		if (n < 0 && errno != EAGAIN)
			return;
		if (n > 0) {
			text += n;
			size -= (size_t)n;
		}
		if (!watch(n > 0 ? 0 : 10))
			return;
	}
}

static void paste(int lines)
{
	char line[65];

	for (int i = 0; i < lines; i++) {
		snprintf(line, sizeof(line), "pasted line %06u %030u", (unsigned)i % 1000000, (unsigned)i);
		memset(line + strlen(line), '.', 63 - strlen(line));
		line[63] = '\r';
		type(line, 64);
	}
}

static void follow(char *line)
{
	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, "wait ", 5)) {
		await(line + 5);
	} else if (!strncmp(line, "type ", 5)) {
		type(line + 5, strlen(line + 5));
		type("\r", 1);
	} else if (!strncmp(line, "key ", 4)) {
		char key = (char)atoi(line + 4);

		type(&key, 1);
	} else if (!strncmp(line, "paste ", 6)) {
		paste(atoi(line + 6));
	} else if (!strcmp(line, "hang up")) {
		close(screen.pty);
		screen.pty = -1;
	} else {
		fprintf(stderr, "person: does not know how to: %s\n", line);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	char line[4096];
	int status = 0;
	pid_t child;

	if (argc < 3)
		return 2;
	deadline = time(NULL) + PATIENCE_S;
	screen.file = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	child = forkpty(&screen.pty, NULL, NULL, NULL);
	if (!child) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	fcntl(screen.pty, F_SETFL, O_NONBLOCK);
	while (fgets(line, sizeof(line), stdin))
		follow(line);
	while (screen.pty >= 0 && watch(1000))
		;
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
