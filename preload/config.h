/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.h - what the user asked for: the RRIO_ variables. Read once by the constructor, constant afterwards. */
#ifndef PRELOAD_CONFIG_H
#define PRELOAD_CONFIG_H

#include <stdbool.h>

#include "rrio/journal.h"

enum mode { MODE_OFF, MODE_RECORD, MODE_REPLAY };

struct config {
	_Atomic enum mode mode; /* the end of the process, and a child, switch it off */
	const char *dir; /* RRIO_DIR, or NULL */
	const char *root; /* RRIO_ROOT: where the files of a packed recording are, or NULL */
	unsigned extra; /* RRIO_EXTRA: how many words rrio replay has put behind the recorded command line */
	enum rrj_data data;
	bool backtrace; /* RRIO_BACKTRACE=1 */
	bool speed; /* RRIO_SPEED=1: a replay shows how far it has come */
	const char *gdb, *monitor, *qmp; /* RRIO_GDB, RRIO_MONITOR, RRIO_QMP: addresses, or NULL */
	bool looks; /* one of them is there: somebody looks at the replayed guest */
	bool stop_on_error; /* RRIO_ON_ERROR=stop */
	unsigned patience;  /* RRIO_PATIENCE: seconds; 0: for ever */
	bool checks_set;    /* RRIO_CHECK is there */
	unsigned checks;    /* RRJ_CHECK_REGISTERS, RRJ_CHECK_MEMORY */
	unsigned check_every; /* the memory's: turns */
};

extern struct config config;

/* Reads the environment. Ends the process with status 2 at a variable or a value that it does not know. */
void config_read(char **environment);

static inline bool recording(void)
{
	return config.mode == MODE_RECORD;
}

static inline bool replaying(void)
{
	return config.mode == MODE_REPLAY;
}

#endif
