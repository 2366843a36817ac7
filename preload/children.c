/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * children.c - execv, g_spawn_async_with_fds, waitpid: programs that the emulator starts act on the host, so a replay
 * does not run them.
 *
 * What such a program sends is in the journal, since it sends it through an external descriptor, and so is how it ended.
 * execv runs in a forked child: net/tap.c:launch_script, net_bridge_run_helper; in replay the child is there too, and
 * ends at once. The others are a party's calls. libslirp's misc.c:fork_exec starts what guestfwd=…-cmd:… and smb=… name;
 * glib forks there, so a replay does not call it at all. It and its error allocate.
 */
#include "children.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"
#include "desktop.h"
#include "exchange.h"
#include "interpose.h"
#include "self.h"

static bool child_of_replay;

void children_forked(void)
{
	child_of_replay |= replaying();
}

INTERPOSED int execv(const char *path, char *const arguments[])
{
	if (child_of_replay)
		_exit(0);
	return real.execv(path, arguments);
}

/* As glib lays out a GError, and what it makes them with. */
struct failure {
	uint32_t domain;
	int code;
	char *message;
};

static void *make_failure(const char *message)
{
	void *(*make)(uint32_t, int, const char *) = NULL;
	uint32_t (*domain)(void) = NULL;

	*(void **)&make = dlsym(RTLD_DEFAULT, "g_error_new_literal");
	*(void **)&domain = dlsym(RTLD_DEFAULT, "g_spawn_error_quark");
	return make && domain ? make(domain(), 0, message) : NULL;
}

/*
 * The result in the journal: 0, or the length of why it could not be started. The arguments are not compared: that of
 * smb= is a folder whose name is new in every run.
 */
INTERPOSED int g_spawn_async_with_fds(const char *folder, char **arguments, char **environment, unsigned flags,
				      void (*setup)(void *), void *data, int *pid, int in, int out, int err, void **error);
INTERPOSED int g_spawn_async_with_fds(const char *folder, char **arguments, char **environment, unsigned flags,
				      void (*setup)(void *), void *data, int *pid, int in, int out, int err, void **error)
{
	char why[256] = "";
	struct exchange exchange = { .call = RRJ_CALL_SPAWN,
				     .fd = -1,
				     .anyway = true,
				     .takes = arguments[0],
				     .takes_size = strlen(arguments[0]),
				     .data = why,
				     .data_size = sizeof(why) - 1 };
	int started = 0;
	void *failed = NULL;

	if (pid || !exchange_begins(&exchange))
		return real.g_spawn_async_with_fds(folder, arguments, environment, flags, setup, data, pid, in, out, err,
						   error);
	if (!exchange.told) {
		self.inside = true; /* glib waits for a child of its own */
		started = real.g_spawn_async_with_fds(folder, arguments, environment, flags, setup, data, NULL, in, out,
						      err, &failed);
		self.inside = false;
		if (!started)
			snprintf(why, sizeof(why), "%s", failed ? ((struct failure *)failed)->message : "unknown");
	}
	started = !exchange_ends(&exchange, (int64_t)strlen(why));
	if (exchange.told && !started)
		failed = make_failure(why);
	if (error)
		*error = failed;
	return started;
}

/* Replay: no zombie is left, whatever the recorded child came to. */
static void bury(pid_t pid)
{
	int saved = errno;

	while (real.waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	errno = saved;
}

/* Older recordings have no record of it: all their children had ended well. */
static bool begins(struct exchange *exchange)
{
	if (replaying() && !exchange_is_next(RRJ_CALL_WAITPID, NULL))
		return false;
	return exchange_begins(exchange);
}

/* One child's end; who waits for any child does not say which. The process's number is another one in each run. */
INTERPOSED pid_t waitpid(pid_t pid, int *status, int options)
{
	int ended = 0;
	struct exchange exchange = {
		.call = RRJ_CALL_WAITPID, .fd = -1, .anyway = true, .gives = &ended, .gives_size = sizeof(ended)
	};
	int64_t result = 0;

	if (pid <= 0 || !self_is_party() || config.mode == MODE_OFF || desktop_calls(__builtin_return_address(0)) ||
	    !begins(&exchange))
		return real.waitpid(pid, status, options);
	if (!exchange.told)
		result = real.waitpid(pid, &ended, options);
	result = exchange_ends(&exchange, result > 0 ? 1 : result);
	if (result <= 0)
		return (pid_t)result;
	if (exchange.told)
		bury(pid);
	if (status)
		*status = ended;
	return pid;
}
