/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gdb.c - gdb at a replayed guest: between its socket and the emulator's own gdb server.
 *
 * The vCPU thread, while it holds the guest. The server is started when gdb comes first, on a character device that
 * writes to a file without a name and never reads: what gdb says is given to it packet by packet, and what it answers is
 * taken from the file. A packet that would change the guest is refused here (allowed.c). What lets the guest go on is
 * ours (stop.h): the server sees "c" alone, so that it knows that it owes an answer.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../hooks/emulator.h"
#include "../hooks/sight.h"
#include "allowed.h"
#include "live.h"
#include "message.h"
#include "tape.h"

/* MAX_PACKET_LENGTH of the server's is less. include/chardev/char.h: CHR_EVENT_OPENED */
enum { PACKET = 16384, EVENT_OPENED = 1, INTERRUPT = 3 };

static char received[PACKET + 4]; /* "$…#cs" */

static struct {
	void *device; /* NULL: the server has not been started */
	sight_stopped *stopped;
	int file;      /* what the server writes to */
	uint64_t sent; /* so much of it */

	size_t used;	/* of what was received */
	bool owes;	/* gdb waits until the guest stops */
	void *stop_cpu; /* the vCPU it has stopped in last */
} gdb = { .file = -1 };

/* ---- the server ---- */

/* Its answers are small, but not those to a monitor's command. */
static void forward(void)
{
	char bytes[4096];
	ssize_t size;

	while ((size = pread(gdb.file, bytes, sizeof(bytes), (off_t)gdb.sent)) > 0) {
		live_send(LIVE_GDB, bytes, (size_t)size);
		gdb.sent += (uint64_t)size;
	}
}

static void tell_server(const char *bytes, size_t size)
{
	emu.chardev_input(gdb.device, (const uint8_t *)bytes, (int)size);
	forward();
}

static bool start_server(void)
{
	char device[64];

	if (gdb.device)
		return true;
	gdb.file = memfd_create("rrio-gdb", MFD_CLOEXEC);
	snprintf(device, sizeof(device), "file:/proc/self/fd/%d", gdb.file);
	if (gdb.file >= 0)
		gdb.device = sight_gdbserver(device, &gdb.stopped);
	if (gdb.device)
		return true;
	message(MODULE_MAIN, MESSAGE_ERROR,
		"the emulator's gdb server does not start; the replay goes on when gdb leaves [no-gdbserver]");
	return false;
}

/* ---- answers of our own ---- */

static void answer(const char *text)
{
	char packet[640];
	uint8_t sum = 0;

	for (const char *c = text; *c; c++)
		sum = (uint8_t)(sum + (uint8_t)*c);
	snprintf(packet, sizeof(packet), "+$%s#%02x", text, sum);
	live_print(LIVE_GDB, packet);
}

static int hex(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Shown by gdb as it is: a packet O. */
static void show(const char *text)
{
	char packet[600] = "O";
	size_t used = 1;

	for (; *text && used < sizeof(packet) - 3; text++)
		used += (size_t)snprintf(packet + used, 3, "%02x", (uint8_t)*text);
	answer(packet);
}

static void refuse(const char *what, bool is_command)
{
	const char *why = allowed_refuse("gdb", what);
	char text[320];

	if (is_command) {
		snprintf(text, sizeof(text), "%s\n", why);
		show(text);
		answer("OK");
		return;
	}
	snprintf(text, sizeof(text), "E.%s", why);
	answer(text);
}

/* ---- going on ---- */

/* [pPID.]TID: a vCPU's index and one; NULL: none in particular. */
static void *vcpu_of(const char *thread)
{
	const char *dot = strchr(thread, '.');
	long id = strtol(*thread == 'p' && dot ? dot + 1 : thread, NULL, 16);

	return id > 0 ? emu.get_cpu((int)id - 1) : NULL;
}

/* "s", or "vCont;ACTION[:THREAD];…": the vCPU that is to step. */
static void *stepping(const char *packet)
{
	const char *action;

	if (strncmp(packet, "vCont", 5) != 0)
		return gdb.stop_cpu;
	for (action = strchr(packet, ';'); action; action = strchr(action + 1, ';')) {
		const char *thread = action + 1 + strcspn(action + 1, ":;");
		void *vcpu;

		if (action[1] != 's' && action[1] != 'S')
			continue;
		vcpu = *thread == ':' ? vcpu_of(thread + 1) : NULL;
		return vcpu ? vcpu : gdb.stop_cpu;
	}
	return NULL;
}

static void go_on(void *step)
{
	gdb.owes = true;
	tell_server("$c#63", 5);
	stop_go(step);
}

static _Noreturn void quit(void)
{
	answer("OK");
	fflush(NULL);
	live_end();
	message_end(0,
		    "the replay of %s is ended by gdb, at guest instruction %" PRId64 ", after turn %" PRIu64
		    ": everything until there is as recorded [ended-by-gdb]",
		    tape_dir(), emu.icount_raw(), tape_turns());
}

/* ---- packets ---- */

/* monitor COMMAND, in hexadecimal. */
static enum verdict look_at_command(const char *code, char *command, size_t size)
{
	enum verdict verdict;
	size_t used = 0;

	for (; hex(code[0]) >= 0 && hex(code[1]) >= 0 && used + 1 < size; code += 2)
		command[used++] = (char)(hex(code[0]) << 4 | hex(code[1]));
	command[used] = '\0';
	verdict = allowed(ALLOWED_HMP, command);
	return verdict == VERDICT_PASS || verdict == VERDICT_REFUSE ? verdict : VERDICT_HELLO;
}

/* text: the packet's inside; received: all of it. */
static void take_packet(const char *text)
{
	char command[512];
	enum verdict verdict = allowed(ALLOWED_GDB, text);
	bool is_command = verdict == VERDICT_NEST;

	snprintf(command, sizeof(command), "packet %.1s", text);
	if (is_command)
		verdict = look_at_command(strchr(text, ',') + 1, command, sizeof(command));
	switch (verdict) {
	case VERDICT_GO:
		if (*text != 'D') {
			go_on(NULL);
			break;
		}
		tell_server(received, gdb.used);
		stop_go(NULL);
		break;
	case VERDICT_STEP:
		go_on(stepping(text));
		break;
	case VERDICT_QUIT:
		quit();
	case VERDICT_PASS:
		tell_server(received, gdb.used);
		break;
	case VERDICT_HELLO: /* it would not know that the guest has gone on */
		show("gdb has a command of its own for that\n");
		answer("OK");
		break;
	default:
		refuse(command, is_command);
		break;
	}
}

static void end_packet(void)
{
	char text[PACKET + 4];
	size_t length = gdb.used - 4;

	memcpy(text, received + 1, length);
	text[length] = '\0';
	take_packet(text);
	gdb.used = 0;
}

/* gdb's interrupt: to be answered with a stop. */
static void interrupt(void)
{
	if (stop_stays())
		return;
	stop_stay();
	live_gdb.stopped(STOP_ASKED, emulator_current_cpu());
}

static void take_byte(char byte)
{
	if (!gdb.used && byte == INTERRUPT) {
		interrupt();
	} else if (!gdb.used && byte != '$') {
		tell_server(&byte, 1); /* + and - */
	} else if (gdb.used == sizeof(received)) {
		gdb.used = 0;
		answer("E.packet too long");
	} else {
		received[gdb.used++] = byte;
		if (gdb.used > 3 && received[gdb.used - 3] == '#')
			end_packet();
	}
}

/* ---- the service ---- */

static void opened(void)
{
	gdb.used = 0;
	gdb.owes = false;
	if (!stop_stays())
		gdb.stop_cpu = emulator_current_cpu();
	stop_stay();
	if (!start_server()) {
		live_hang_up(LIVE_GDB);
		stop_go(NULL);
		return;
	}
	emu.chardev_event(gdb.device, EVENT_OPENED);
	emu.gdb_set_stop_cpu(gdb.stop_cpu);
	forward();
}

static void said(const char *bytes, size_t size)
{
	if (!gdb.device)
		return;
	for (size_t i = 0; i < size; i++)
		take_byte(bytes[i]);
}

/* A monitor's cont is none of gdb's business: nobody waits then, and the next stop is not told. */
static void stopped(enum stop_reason reason, void *cpu)
{
	gdb.stop_cpu = cpu;
	if (!gdb.device)
		return;
	emu.gdb_set_stop_cpu(cpu);
	if (gdb.owes)
		gdb.stopped(NULL, false, reason == STOP_ASKED ? STATE_PAUSED : STATE_DEBUG);
	gdb.owes = false;
	forward();
}

static void ended(void)
{
	if (gdb.owes)
		live_print(LIVE_GDB, "$W00#b7");
	live_await_end(LIVE_GDB);
}

const struct live_service live_gdb = { opened, said, stopped, ended };
