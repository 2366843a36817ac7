/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uncontrolled.c - finds out what comes in past the journal: ready descriptors, threads and their calls, jobs. Who
 * calls what: uncontrolled.h.
 *
 * A descriptor is judged by what the kernel says that it is, not by the emulator's options: these have many spellings.
 * What becomes part of the journal one day leaves the tables here. Nothing can fail; nothing allocates.
 */
#include "uncontrolled.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"
#include "desktop.h"
#include "external.h"
#include "files.h"
#include "job.h"
#include "message.h"
#include "self.h"
#include "tape.h"
#include "turnstile.h"

enum { NOTES = 32, ID_SIZE = 64 };

/* Record: those that have been told. Replay: those of the recording. */
static char ids[NOTES][ID_SIZE];
static unsigned count;

static bool is_new(const char *id)
{
	for (unsigned i = 0; i < count; i++)
		if (!strcmp(ids[i], id))
			return false;
	if (count == NOTES)
		return false;
	snprintf(ids[count++], ID_SIZE, "%s", id);
	return true;
}

void uncontrolled_remember(const char *id)
{
	is_new(id);
}

const char *uncontrolled_recorded(unsigned i)
{
	return replaying() && i < count ? ids[i] : NULL;
}

static void tell(const char *id, const char *text)
{
	if (!recording() || !is_new(id))
		return;
	message(MODULE_MAIN, MESSAGE_WARN,
		"%s, at guest instruction %" PRId64 ": this is not in the recording; the guest goes on, its recording "
		"may not replay; rrio-inspect info shows it (%s) [uncontrolled]",
		text, turnstile_icount(), id);
	tape_note(id, text);
}

/* ---- descriptors ---- */

/* By the beginning of what /proc/self/fd says; the first one that fits. Without an id: the emulator's own, or nothing.
 */
static const struct kind {
	const char *begins, *id, *text;
} kinds[] = {
	{ "anon_inode:[eventfd]", NULL, NULL },
	{ "anon_inode:[signalfd]", NULL, NULL },
	{ "anon_inode:[timerfd]", NULL, NULL },
	{ "anon_inode:[eventpoll]", NULL, NULL },
	{ "anon_inode:[io_uring]", NULL, NULL },
	{ "/dev/null", NULL, NULL },
	{ "/dev/zero", NULL, NULL },
	{ "socket:", "input-socket", "input from a socket (a network backend, a monitor or a chardev)" },
	{ "pipe:", "input-pipe", "input from a pipe" },
	{ "/dev/net/tun", "input-tap", "input from a tap network device" },
	{ "/dev/tap", "input-tap", "input from a tap network device" },
	{ "/dev/pts/", "input-terminal", "input from a terminal" },
	{ "/dev/tty", "input-terminal", "input from a terminal" },
	{ "/dev/ptmx", "input-terminal", "input from a terminal" },
	{ "/dev/bus/usb/", "input-usb", "input from a USB device of the host" },
	{ "/dev/input/", "input-device", "input from an input device of the host" },
	{ "/dev/", "input-device", "input from a device of the host" },
	{ "anon_inode:", "input-kernel", "events of the host's kernel" },
	{ "/", "input-pipe", "input from a named pipe" },
};

enum { DESCRIPTORS = 4096 };

static _Atomic bool judged[DESCRIPTORS];

void uncontrolled_closed(int fd)
{
	if (fd >= 0 && fd < DESCRIPTORS)
		judged[fd] = false;
}

static void judge(int fd)
{
	struct stat status;
	char name[256];

	file_path_of(fd, name, sizeof(name));
	if (!fstat(fd, &status) && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)))
		return; /* always ready */
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strncmp(name, kinds[i].begins, strlen(kinds[i].begins))) {
			if (kinds[i].id)
				tell(kinds[i].id, kinds[i].text);
			return;
		}
}

void uncontrolled_poll(const struct pollfd *fds, nfds_t n)
{
	if (!recording())
		return;
	for (nfds_t i = 0; i < n; i++) {
		int fd = fds[i].fd;

		if (!(fds[i].revents & (POLLIN | POLLPRI)) || fd < 0 || fd >= DESCRIPTORS || judged[fd] ||
		    external_is(fd) || desktop_is(fd))
			continue;
		judged[fd] = true;
		self.inside = true;
		judge(fd);
		self.inside = false;
	}
}

void uncontrolled_device(const char *path)
{
	char id[ID_SIZE], text[128];

	snprintf(id, sizeof(id), "device-%s", path);
	snprintf(text, sizeof(text), "the host's device %s", path);
	tell(id, text);
}

void uncontrolled_window(void)
{
	tell("window", "a window on the host's desktop, and what is typed or pointed at there");
}

/* ---- threads ---- */

/* Those that touch no guest, or that other code here knows. */
static const char *const harmless[] = {
	"touch_pages",
	"ccid-",
	"TPM",
	"live_migration",
};

void uncontrolled_thread(const char *name)
{
	char id[ID_SIZE], text[128];

	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (!strncmp(name, harmless[i], strlen(harmless[i])))
			return;
	snprintf(id, sizeof(id), "thread-%s", name);
	snprintf(text, sizeof(text), "a thread %s, which rrio does not know", name);
	tell(id, text);
}

/* ---- jobs, and calls of other threads ---- */

static _Atomic bool called;

void uncontrolled_call(void)
{
	called = true;
}

void uncontrolled_look(void)
{
	if (job_ungated())
		tell("ungated-job", "a job of the thread pool finished without a call that rrio knows");
	if (job_overlong())
		tell("long-job", "a job of the thread pool made too many calls, one of which failed or fell short");
	if (called)
		tell("input-thread", "input or output of a thread that rrio does not know (a library's)");
}
