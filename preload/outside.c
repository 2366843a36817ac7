/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outside.c - the wrappers of calls on external descriptors.
 *
 * Those that only exchange something are generated from the EXTERNAL rows of interpose.def; here by hand are the ones
 * that make descriptors or take a variable number of arguments. Parties' calls alone: all others go straight to the
 * original, which in replay fails, since there is only a placeholder. errno is preserved.
 */
#include "outside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <pty.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "config.h"
#include "desktop.h"
#include "exchange.h"
#include "interpose.h"
#include "message.h"
#include "self.h"
#include "uncontrolled.h"

/* A call that hands back more than a record holds is short, in both runs. */
static size_t exchange_room(size_t size)
{
	return size < EXCHANGE_DATA_MAX ? size : EXCHANGE_DATA_MAX;
}

#define ROOM(size) exchange_room(size)
#define FN(returns, name, parameters, arguments)
#define JOB(returns, name, parameters, arguments, ...)
#define COMPUTE(returns, name, parameters, arguments)
#define EXTERNAL(returns, name, parameters, arguments, ...)                                        \
	INTERPOSED returns name parameters;                                                        \
	INTERPOSED returns name parameters                                                         \
	{                                                                                          \
		struct exchange exchange = { __VA_ARGS__ };                                        \
		if (!exchange_begins(&exchange))                                                   \
			return real.name arguments;                                                \
		return (returns)exchange_ends(&exchange, exchange.told ? 0 : real.name arguments); \
	}
#include "interpose.def"

/* ---- bytes ---- */

ssize_t outside_read(int fd, void *data, size_t size)
{
	struct exchange exchange = { .call = RRJ_CALL_READ, .fd = fd, .data = data, .data_size = exchange_room(size) };

	exchange_begins(&exchange);
	return exchange_ends(&exchange, exchange.told ? 0 : real.read(fd, data, exchange.data_size));
}

ssize_t outside_write(int fd, const void *data, size_t size)
{
	struct exchange exchange = { .call = RRJ_CALL_WRITE, .fd = fd, .takes = data, .takes_size = size };

	exchange_begins(&exchange);
	return exchange_ends(&exchange, exchange.told ? 0 : real.write(fd, data, size));
}

/* The first parts, as far as a record holds them; `one` is for a part that is longer by itself. */
static struct iovec *some_parts(const struct iovec *iov, size_t *count, struct iovec *one)
{
	size_t room = EXCHANGE_DATA_MAX, n = 0;

	for (; n < *count && iov[n].iov_len <= room; n++)
		room -= iov[n].iov_len;
	if (n || !*count) {
		*count = n;
		return (struct iovec *)iov;
	}
	*one = (struct iovec){ iov[0].iov_base, EXCHANGE_DATA_MAX };
	*count = 1;
	return one;
}

INTERPOSED ssize_t readv(int fd, const struct iovec *iov, int n)
{
	size_t count = n > 0 ? (size_t)n : 0;
	struct exchange exchange = { .call = RRJ_CALL_READV, .fd = fd };
	struct iovec one;

	if (!exchange_begins(&exchange))
		return real.readv(fd, iov, n);
	exchange.iov = some_parts(iov, &count, &one);
	exchange.iov_count = (int)count;
	return exchange_ends(&exchange, exchange.told ? 0 : real.readv(fd, exchange.iov, exchange.iov_count));
}

INTERPOSED ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	struct exchange exchange = { .call = RRJ_CALL_RECVMSG, .fd = fd, .message = message };
	struct iovec *iov = message->msg_iov, one;
	size_t count = message->msg_iovlen;
	ssize_t result;

	if (!exchange_begins(&exchange))
		return real.recvmsg(fd, message, flags);
	message->msg_iov = some_parts(iov, &message->msg_iovlen, &one);
	exchange.iov = message->msg_iov;
	exchange.iov_count = (int)message->msg_iovlen;
	result = exchange_ends(&exchange, exchange.told ? 0 : real.recvmsg(fd, message, flags));
	message->msg_iov = iov;
	message->msg_iovlen = count;
	return result;
}

/* ---- ioctl, fcntl ---- */

/* Requests whose number does not say, or says wrongly, how much they hand back. */
static const struct {
	unsigned long request;
	size_t size;
} known_sizes[] = {
	{ FIONREAD, sizeof(int) },
	{ TIOCMGET, sizeof(int) },
	{ TIOCGWINSZ, sizeof(struct winsize) },
	{ TIOCOUTQ, sizeof(int) },
	{ TCGETS, 60 },
	{ TUNSETIFF, sizeof(struct ifreq) },
	{ SIOCGIFFLAGS, sizeof(struct ifreq) },
	{ SIOCGIFHWADDR, sizeof(struct ifreq) },
	{ SIOCGIFMTU, sizeof(struct ifreq) },
	{ SIOCGIFINDEX, sizeof(struct ifreq) },
	{ SIOCATMARK, sizeof(int) },
};

static size_t handed_back(unsigned long request)
{
	for (size_t i = 0; i < sizeof(known_sizes) / sizeof(known_sizes[0]); i++)
		if (known_sizes[i].request == request)
			return known_sizes[i].size;
	return (_IOC_DIR(request) & _IOC_READ) ? _IOC_SIZE(request) : 0;
}

int outside_ioctl(int fd, unsigned long request, void *argument)
{
	size_t size = handed_back(request);
	struct exchange exchange = { .call = RRJ_CALL_IOCTL,
				     .fd = fd,
				     .takes = &request,
				     .takes_size = sizeof(request),
				     .gives = size ? argument : NULL,
				     .gives_size = size };

	exchange_begins(&exchange);
	return (int)exchange_ends(&exchange, exchange.told ? 0 : real.ioctl(fd, request, argument));
}

int outside_fcntl(int (*original)(int fd, int command, void *argument), int fd, int command, void *argument)
{
	struct exchange exchange = {
		.call = RRJ_CALL_FCNTL, .fd = fd, .takes = &command, .takes_size = sizeof(command)
	};

	if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
		return external_copied(fd, original(fd, command, argument));
	if ((command != F_GETFL && command != F_SETFL) || !exchange_begins(&exchange))
		return original(fd, command, argument);
	return (int)exchange_ends(&exchange, exchange.told ? 0 : original(fd, command, argument));
}

/*
 * Nobody asks for the result, and a handler of SIGCONT calls it at any moment: chardev/char-stdio.c. So it is in no
 * journal, and replay leaves the terminal alone.
 */
INTERPOSED int tcsetattr(int fd, int when, const struct termios *settings)
{
	return outside_is_call(fd) && replaying() ? 0 : real.tcsetattr(fd, when, settings);
}

/* ---- what makes descriptors ---- */

INTERPOSED int dup(int fd)
{
	return external_copied(fd, real.dup(fd));
}

INTERPOSED int dup2(int fd, int other)
{
	return external_copied(fd, real.dup2(fd, other));
}

/* Both ends of something: in replay two placeholders. */
static int pair_ends(struct exchange *exchange, int result, enum external_kind kind, int *one, int *other)
{
	result = (int)exchange_ends(exchange, result);
	if (result < 0)
		return result;
	if (exchange->told) {
		*one = external_placeholder(kind);
		*other = external_placeholder(kind);
	} else {
		external_made(*one, kind);
		external_made(*other, kind);
	}
	return result;
}

/* A window's libraries are not controlled. */
INTERPOSED int socket(int domain, int type, int protocol)
{
	int asked[] = { domain, type, protocol };
	struct exchange exchange = { .call = RRJ_CALL_SOCKET,
				     .fd = -1,
				     .anyway = true,
				     .makes = EXTERNAL_SOCKET,
				     .takes = asked,
				     .takes_size = sizeof(asked) };

	if (config.mode != MODE_OFF && !self.inside && desktop_calls(__builtin_return_address(0)))
		return desktop_made(real.socket(domain, type, protocol));
	if (!exchange_begins(&exchange))
		return real.socket(domain, type, protocol);
	return (int)exchange_ends(&exchange, exchange.told ? 0 : real.socket(domain, type, protocol));
}

/* One end is another process's, if anybody's. net/tap.c:net_bridge_run_helper */
INTERPOSED int socketpair(int domain, int type, int protocol, int fds[2])
{
	struct exchange exchange = { .call = RRJ_CALL_SOCKETPAIR, .fd = -1, .anyway = true };

	if (!exchange_begins(&exchange))
		return real.socketpair(domain, type, protocol, fds);
	return pair_ends(&exchange, exchange.told ? 0 : real.socketpair(domain, type, protocol, fds), EXTERNAL_SOCKET,
			 &fds[0], &fds[1]);
}

INTERPOSED int openpty(int *controller, int *terminal, char *name, const struct termios *settings,
		       const struct winsize *size)
{
	struct exchange exchange = { .call = RRJ_CALL_OPENPTY, .fd = -1, .anyway = true };

	if (name || !exchange_begins(&exchange))
		return real.openpty(controller, terminal, name, settings, size);
	return pair_ends(&exchange, exchange.told ? 0 : real.openpty(controller, terminal, NULL, settings, size),
			 EXTERNAL_TERMINAL, controller, terminal);
}

INTERPOSED char *ptsname(int fd)
{
	static char name[64];
	struct exchange exchange = { .call = RRJ_CALL_PTSNAME, .fd = fd, .gives = name, .gives_size = sizeof(name) };
	const char *now = NULL;

	if (!exchange_begins(&exchange))
		return real.ptsname(fd);
	if (!exchange.told)
		now = real.ptsname(fd);
	if (now)
		snprintf(name, sizeof(name), "%s", now);
	return exchange_ends(&exchange, exchange.told || now ? 0 : -1) < 0 ? NULL : name;
}

/* ---- open ---- */

static struct exchange opening(const char *path, uint8_t *kind)
{
	return (struct exchange){ .call = RRJ_CALL_OPEN,
				  .fd = -1,
				  .anyway = true,
				  .makes = EXTERNAL_DEVICE,
				  .takes = path,
				  .takes_size = strlen(path),
				  .gives = kind,
				  .gives_size = 1 };
}

static bool is_device_path(const char *path)
{
	return !strncmp(path, "/dev/", 5) && strncmp(path, "/dev/shm/", 9) != 0;
}

/* Devices through which others than the emulator reach the guest's memory. */
static void refuse_foreign(const char *path)
{
	static const char *const foreign[] = { "/dev/vhost-", "/dev/vfio/", "/dev/vdpa" };

	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (!strncmp(path, foreign[i], strlen(foreign[i])))
			message_end(
				STATUS_UNSUPPORTED,
				"%s cannot be recorded: the kernel or another device changes the guest's memory "
				"without the emulator; leave out vhost=on and passed-through devices [foreign-device]",
				path);
}

bool outside_open_told(const char *path, int *fd)
{
	uint8_t kind = EXTERNAL_DEVICE;
	struct exchange exchange = opening(path, &kind);

	if (!self_is_party() || config.mode == MODE_OFF)
		return false;
	refuse_foreign(path);
	if (!replaying() || !exchange_is_next(RRJ_CALL_OPEN, path))
		return false;
	exchange_begins(&exchange);
	*fd = external_made((int)exchange_ends(&exchange, 0), (enum external_kind)kind);
	return true;
}

int outside_opened(const char *path, int fd, const void *caller)
{
	uint8_t kind = fd < 0 ? EXTERNAL_NONE : (uint8_t)external_look(fd);
	struct exchange exchange = opening(path, &kind);

	if (!self_is_party() || !recording() || desktop_calls(caller))
		return fd;
	if (fd >= 0 && !kind && external_is_shared(fd))
		uncontrolled_device(path);
	if (fd < 0 ? !is_device_path(path) : !kind)
		return fd;
	exchange_begins(&exchange);
	return external_made((int)exchange_ends(&exchange, fd), (enum external_kind)kind);
}
