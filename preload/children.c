/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * children.c - execv: programs that the emulator starts act on the host, so a replay does not run them.
 *
 * Runs in a forked child. net/tap.c:launch_script, net_bridge_run_helper; what a helper sends is in the journal.
 */
#include "children.h"

#include <stdbool.h>
#include <unistd.h>

#include "config.h"
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
