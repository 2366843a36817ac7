/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * children.c - execv and g_spawn_async_with_fds: programs that the emulator starts act on the host, so a replay does not
 * run them.
 *
 * What such a program sends is in the journal, since it sends it through an external descriptor. execv runs in a forked
 * child: net/tap.c:launch_script, net_bridge_run_helper. The other is a party's call, in libslirp's misc.c:fork_exec, for
 * guestfwd=…-cmd:… and smb=…; glib forks there, so a replay does not call it at all. It and its error allocate.
 */
#include "children.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "exchange.h"
#include "interpose.h"

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
		started = real.g_spawn_async_with_fds(folder, arguments, environment, flags, setup, data, NULL, in, out,
						      err, &failed);
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
