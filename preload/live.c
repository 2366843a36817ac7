/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * live.c - the sockets of those who look at a replayed guest, and who serves them when. Who calls what: live.h.
 *
 * Each has one connection at a time; who comes meanwhile waits. Its thread only looks whether there is something to do,
 * and sleeps until the vCPU thread has done it. Addresses are made by the constructor, so that one that is taken is told
 * before the guest runs.
 */
#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../hooks/emulator.h"
#include "config.h"
#include "engine.h"
#include "interpose.h"
#include "message.h"
#include "self.h"
#include "tape.h"
#include "turnstile.h"

/* Descriptors of ours are out of the way of the emulator's. */
enum { HIGH = 800, CHUNK = 4096 };

static struct place {
	const char *name;
	const char *const *address;
	const struct live_service *service;
	char shown[160]; /* as a command takes it */
	int listener, fd;
} places[LIVE_KINDS] = {
	[LIVE_GDB] = { "RRIO_GDB", &config.gdb, &live_gdb, "", -1, -1 },
	[LIVE_MONITOR] = { "RRIO_MONITOR", &config.monitor, &live_monitor, "", -1, -1 },
	[LIVE_QMP] = { "RRIO_QMP", &config.qmp, &live_qmp, "", -1, -1 },
};

static int change_fd = -1; /* wakes our thread: there are other descriptors now */
static sem_t served;
static _Atomic bool waits; /* our thread, for the vCPU thread */

/* ---- addresses: PORT, tcp:[HOST]:PORT, unix:PATH, each with QEMU's options behind a comma ---- */

static _Noreturn void no_address(const struct place *place, const char *why)
{
	message_end(STATUS_USAGE, "%s: %s cannot be listened at: %s; there are PORT, tcp:HOST:PORT and unix:PATH [live-address]",
		    place->name, *place->address, why);
}

static int bind_unix(struct place *place, const char *path, size_t length)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat there;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (!length || length >= sizeof(address.sun_path))
		no_address(place, "the path is empty, or too long for a socket");
	memcpy(address.sun_path, path, length);
	snprintf(place->shown, sizeof(place->shown), "%s", address.sun_path);
	/* What an earlier replay has left there; a socket that somebody listens at is taken away too, as QEMU does it. */
	if (lstat(address.sun_path, &there) == 0 && S_ISSOCK(there.st_mode))
		unlink(address.sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		no_address(place, strerror(errno));
	return fd;
}

/* Nobody but this machine, unless the address says so. */
static int bind_tcp(struct place *place, const char *text, size_t length)
{
	const char *colon = memrchr(text, ':', length), *port = colon ? colon + 1 : text;
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, *found = NULL;
	char host[128] = "127.0.0.1", service[16];
	int fd = -1, on = 1, error;

	if (colon > text)
		snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	snprintf(service, sizeof(service), "%.*s", (int)(length - (size_t)(port - text)), port);
	if (!*service || strspn(service, "0123456789") < strlen(service))
		no_address(place, "its port is no number");
	error = getaddrinfo(host, service, &hints, &found);
	if (error)
		no_address(place, gai_strerror(error));
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) < 0)
		no_address(place, strerror(errno));
	freeaddrinfo(found);
	snprintf(place->shown, sizeof(place->shown), "%s:%s", colon > text ? host : "localhost", service);
	return fd;
}

static int out_of_the_way(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, HIGH);

	if (high < 0)
		return fd;
	close(fd);
	return high;
}

static void bind_to(struct place *place)
{
	const char *address = *place->address;
	size_t length = strcspn(address, ",");
	int fd;

	if (!strncmp(address, "unix:", 5))
		fd = bind_unix(place, address + 5, length - 5);
	else if (!strncmp(address, "tcp:", 4))
		fd = bind_tcp(place, address + 4, length - 4);
	else
		fd = bind_tcp(place, address, length);
	place->listener = out_of_the_way(fd);
}

/* ---- our thread ---- */

/* What there is to wait for; returns how much. */
static nfds_t wanted(struct pollfd fds[LIVE_KINDS + 1])
{
	nfds_t n = 0;

	for (int i = 0; i < LIVE_KINDS; i++)
		if (places[i].listener >= 0)
			fds[n++] = (struct pollfd){ .fd = places[i].fd < 0 ? places[i].listener : places[i].fd,
						    .events = POLLIN };
	return n;
}

static void *watch(void *unused)
{
	struct pollfd fds[LIVE_KINDS + 1];
	uint64_t changes;

	(void)unused;
	for (;;) {
		nfds_t n = wanted(fds);

		fds[n] = (struct pollfd){ .fd = change_fd, .events = POLLIN };
		if (real.ppoll(fds, n + 1, NULL, NULL) < 0)
			continue;
		if (fds[n].revents && real.read(change_fd, &changes, sizeof(changes)) > 0)
			continue;
		waits = true;
		stop_ask();
		while (sem_wait(&served) < 0 && errno == EINTR)
			;
	}
	return NULL;
}

void live_start(void)
{
	static bool started;
	pthread_t thread;

	if (started)
		return;
	started = true;
	for (int i = 0; i < LIVE_KINDS; i++)
		if (places[i].listener >= 0 && listen(places[i].listener, 4) < 0)
			no_address(&places[i], strerror(errno));
	if (engine_thread(&thread, watch, NULL) == 0)
		pthread_detach(thread);
}

static void let_watch(void)
{
	uint64_t one = 1;

	if (real.write(change_fd, &one, sizeof(one)) < 0)
		return;
	if (waits) {
		waits = false;
		sem_post(&served);
	}
}

/* ---- serving ---- */

void live_hang_up(enum live_kind kind)
{
	if (places[kind].fd >= 0)
		close(places[kind].fd);
	places[kind].fd = -1;
}

void live_send(enum live_kind kind, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size && places[kind].fd >= 0) {
		ssize_t sent = send(places[kind].fd, at, size, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0) {
			live_hang_up(kind);
			return;
		}
		at += sent;
		size -= (size_t)sent;
	}
}

void live_await_end(enum live_kind kind)
{
	const struct timespec moment = { .tv_sec = 1 };
	struct pollfd one = { .fd = places[kind].fd, .events = POLLIN };
	char bytes[64];

	shutdown(one.fd, SHUT_WR);
	while (real.ppoll(&one, 1, &moment, NULL) > 0 && recv(one.fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

void live_print(enum live_kind kind, const char *text)
{
	live_send(kind, text, strlen(text));
}

static void say_where(void)
{
	const struct place *gdb = &places[LIVE_GDB], *other = &places[LIVE_MONITOR];

	if (gdb->listener >= 0 && gdb->fd >= 0)
		return;
	if (gdb->listener >= 0)
		message(MODULE_MAIN, MESSAGE_ERROR,
			"the replay of %s stands at guest instruction %" PRId64 ", after turn %" PRIu64
			", and waits for gdb: gdb -ex 'target remote %s' [stands]",
			tape_dir(), emu.icount_raw(), tape_turns(), gdb->shown);
	else
		message(MODULE_MAIN, MESSAGE_ERROR,
			"the replay of %s stands at guest instruction %" PRId64 ", after turn %" PRIu64
			", and waits for cont on the monitor at %s [stands-for-monitor]",
			tape_dir(), emu.icount_raw(), tape_turns(),
			other->listener >= 0 ? other->shown : places[LIVE_QMP].shown);
}

/* The guest does not go on by itself because of that. */
static void left(struct place *place)
{
	live_hang_up((enum live_kind)(place - places));
	if (stop_stays() && place->service == &live_gdb)
		say_where();
}

static void take_connection(struct place *place)
{
	int fd = accept4(place->listener, NULL, NULL, SOCK_CLOEXEC), on = 1;

	if (fd < 0)
		return;
	/* An answer behind an acknowledgement must not wait for one; on a local socket it is no option. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	place->fd = out_of_the_way(fd);
	if (place->service->opened)
		place->service->opened();
}

static void take_bytes(struct place *place)
{
	char bytes[CHUNK];
	ssize_t size = recv(place->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (size > 0)
		place->service->said(bytes, (size_t)size);
	else if (size == 0 || (errno != EAGAIN && errno != EINTR))
		left(place);
}

/* Serves what is there; waits for it if the guest stays. false: there was nothing. */
static bool serve_once(void)
{
	const struct timespec at_once = { 0 };
	struct pollfd fds[LIVE_KINDS + 1];
	nfds_t n = wanted(fds), at = 0;

	if (real.ppoll(fds, n, stop_stays() ? NULL : &at_once, NULL) <= 0)
		return stop_stays();
	for (int i = 0; i < LIVE_KINDS; i++) {
		struct place *place = &places[i];

		if (place->listener < 0)
			continue;
		if (fds[at++].revents == 0)
			continue;
		if (place->fd < 0)
			take_connection(place);
		else
			take_bytes(place);
	}
	return true;
}

void live_serve(enum stop_reason reason, void *cpu)
{
	live_start();
	if (reason != STOP_ASKED) {
		say_where();
		for (int i = 0; i < LIVE_KINDS; i++)
			if (places[i].listener >= 0 && places[i].service->stopped)
				places[i].service->stopped(reason, cpu);
	}
	while (serve_once())
		;
	let_watch();
}

void live_end(void)
{
	self.inside = true;
	for (int i = 0; i < LIVE_KINDS; i++) {
		if (places[i].fd >= 0 && places[i].service->ended)
			places[i].service->ended();
		live_hang_up((enum live_kind)i);
		if (places[i].listener >= 0 && !strncmp(*places[i].address, "unix:", 5))
			unlink(places[i].shown);
	}
}

void live_init(void)
{
	self.inside = true;
	sem_init(&served, 0, 0);
	change_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (change_fd >= 0)
		change_fd = out_of_the_way(change_fd);
	for (int i = 0; i < LIVE_KINDS; i++)
		if (*places[i].address)
			bind_to(&places[i]);
	self.inside = false;
}
