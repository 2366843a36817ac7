/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * children.c - execv, waitpid: programs that the emulator starts act on the host, so a replay does not run them.
 *
 * execv runs in a forked child, waitpid in a party. net/tap.c:launch_script, net_bridge_run_helper; what a helper sends
 * is in the journal, and how it ended. In replay the child is there too, and ends at once.
 */
#include "children.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"
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

	if (pid <= 0 || !self_is_party() || config.mode == MODE_OFF || !begins(&exchange))
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
