// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * person.c - sits at a terminal: runs a command on a pty of its own and does what a script on standard input says.
 *
 * person SCREEN COMMAND...; what the command prints goes into the file SCREEN. A line of the script is one of
 *
 *	wait TEXT	until the screen shows it, behind what was waited for before
 *	type TEXT	and the return key
 *	send TEXT	without it; \r, \n and \xHH stand for bytes
 *	key N		one byte, by its number
 *	paste N		so many lines of 64 bytes, at once
 *	look N		for so many milliseconds
 *	go PLACE	from now on works there too: unix:PATH, tcp:PORT of the loopback, or pty, which the screen has
 *			named; what is typed goes there
 *	secure FOLDER	TLS there, with the certificates of a folder; secure anonymous: without
 *	answer PASSWORD	to the challenge of a VNC server there
 *	run TEXT	a command of the shell's, until it ends
 *	leave		closes that place
 *	reset		the same, so that the other side sees a reset connection
 *	hang up		closes the terminal
 *
 * Ends with the command's status; 124 when something does not come within two minutes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "secure.h"

enum { SCREEN_MAX = 16 << 20, PATIENCE_S = 120 };

static struct {
	int pty, place; /* -1: closed */
	int file;
	char text[SCREEN_MAX];
	size_t size, seen;
	size_t piece; /* what the place has said last ends there, */
	size_t piece_size;
} screen = { .pty = -1, .place = -1 };

static time_t deadline;

/* false: nothing more will come from there. */
static bool take(int fd)
{
	ssize_t n = secure_read(fd, screen.text + screen.size, sizeof(screen.text) - screen.size - 1);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return false;
	if (write(screen.file, screen.text + screen.size, (size_t)n) != n)
		exit(1);
	screen.size += (size_t)n;
	if (fd == screen.place) {
		screen.piece = screen.size;
		screen.piece_size = (size_t)n;
	}
	return true;
}

static void leave_place(void)
{
	secure_end();
	if (screen.place >= 0)
		close(screen.place);
	screen.place = -1;
}

/* Takes what there is now, or after a while. false: the command will print no more. */
static bool watch(int ms)
{
	struct pollfd ready[] = { { .fd = screen.pty, .events = POLLIN }, { .fd = screen.place, .events = POLLIN } };

	if (time(NULL) > deadline) {
		fprintf(stderr, "person: waited too long\n");
		exit(124);
	}
	if (screen.pty < 0)
		return false;
	if (poll(ready, 2, ms) <= 0)
		return true;
	if (ready[1].revents && !take(screen.place))
		leave_place();
	return !ready[0].revents || take(screen.pty);
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
		ssize_t n = secure_write(screen.place >= 0 ? screen.place : screen.pty, text, size);

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

static void send_bytes(const char *text)
{
	char bytes[4096];
	size_t n = 0;

	for (; *text; text++) {
		unsigned byte = (unsigned char)*text;

		if (text[0] == '\\' && text[1] == 'x' && sscanf(text + 2, "%2x", &byte) == 1)
			text += 3;
		else if (text[0] == '\\' && (text[1] == 'r' || text[1] == 'n'))
			byte = *++text == 'r' ? '\r' : '\n';
		bytes[n++] = (char)byte;
	}
	type(bytes, n);
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

static void look(int ms)
{
	struct timespec now, end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += ms / 1000;
	end.tv_nsec += ms % 1000 * 1000000L;
	do {
		if (!watch(10))
			return;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
}

static int open_named_pty(void)
{
	const char *pty = memmem(screen.text, screen.size, "/dev/pts/", 9);
	char path[64];

	if (!pty || sscanf(pty, "%63[/a-z0-9]", path) != 1)
		return -1;
	return open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

static int reach(const char *place)
{
	struct sockaddr_un local = { .sun_family = AF_UNIX };
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd;

	if (!strcmp(place, "pty"))
		return open_named_pty();
	if (!strncmp(place, "unix:", 5)) {
		snprintf(local.sun_path, sizeof(local.sun_path), "%s", place + 5);
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		return connect(fd, (struct sockaddr *)&local, sizeof(local)) ? -1 : fd;
	}
	address.sin_port = htons((uint16_t)atoi(place + strlen("tcp:")));
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) ? -1 : fd;
}

/* As it says nothing when it is ready, this may take some attempts. */
static void go(const char *place)
{
	struct termios raw;

	leave_place();
	while ((screen.place = reach(place)) < 0)
		if (!watch(100)) {
			fprintf(stderr, "person: it ended without: %s\n", place);
			return;
		}
	if (tcgetattr(screen.place, &raw) == 0) {
		cfmakeraw(&raw);
		tcsetattr(screen.place, TCSANOW, &raw);
	}
	fcntl(screen.place, F_SETFL, O_NONBLOCK);
}

static void secure(const char *folder)
{
	secure_begin(screen.place, strcmp(folder, "anonymous") != 0 ? folder : NULL);
	while (!secure_agreed() && screen.place >= 0)
		if (!watch(100))
			return;
}

static void answer(const char *password)
{
	uint8_t bytes[CHALLENGE_SIZE];

	while (screen.piece_size != CHALLENGE_SIZE)
		if (!watch(100))
			return;
	secure_answer(password, (uint8_t *)screen.text + screen.piece - CHALLENGE_SIZE, bytes);
	screen.piece_size = 0;
	type((char *)bytes, sizeof(bytes));
}

static void reset(void)
{
	const struct linger at_once = { .l_onoff = 1 };

	setsockopt(screen.place, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	leave_place();
}

static void run(const char *command)
{
	if (system(command)) {
		fprintf(stderr, "person: failed: %s\n", command);
		exit(1);
	}
}

static void hang_up(void)
{
	close(screen.pty);
	screen.pty = -1;
}

static const struct {
	const char *word;
	void (*with_text)(const char *text);
	void (*with_number)(int number);
	void (*alone)(void);
} words[] = {
	{ "wait ", .with_text = await },    { "send ", .with_text = send_bytes }, { "paste ", .with_number = paste },
	{ "look ", .with_number = look },   { "go ", .with_text = go },		  { "run ", .with_text = run },
	{ "secure ", .with_text = secure }, { "answer ", .with_text = answer },	  { "leave", .alone = leave_place },
	{ "reset", .alone = reset },	    { "hang up", .alone = hang_up },
};

static void follow(char *line)
{
	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, "type ", 5)) {
		type(line + 5, strlen(line + 5));
		type("\r", 1);
		return;
	}
	if (!strncmp(line, "key ", 4)) {
		type(&(char){ (char)atoi(line + 4) }, 1);
		return;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t length = strlen(words[i].word);

		if (strncmp(line, words[i].word, length) != 0)
			continue;
		if (words[i].with_text)
			words[i].with_text(line + length);
		else if (words[i].with_number)
			words[i].with_number(atoi(line + length));
		else
			words[i].alone();
		return;
	}
	fprintf(stderr, "person: does not know how to: %s\n", line);
	exit(2);
}

int main(int argc, char **argv)
{
	char line[4096];
	int status = 0;
	pid_t child;

	if (argc < 3)
		return 2;
	deadline = time(NULL) + PATIENCE_S;
	signal(SIGPIPE, SIG_IGN);
	screen.file = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	child = forkpty(&screen.pty, NULL, NULL, NULL);
	if (!child) {
		signal(SIGPIPE, SIG_DFL);
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	fcntl(screen.pty, F_SETFL, O_NONBLOCK);
	fcntl(screen.pty, F_SETFD, FD_CLOEXEC);
	while (fgets(line, sizeof(line), stdin))
		follow(line);
	while (screen.pty >= 0 && watch(1000))
		;
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
