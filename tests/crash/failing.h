/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * failing.h - makes the Nth call of the journal's calls to the system fail. Any thread of the process that has set it.
 */
#ifndef FAILING_H
#define FAILING_H

#include <stdbool.h>

enum failing_how {
	FAIL_NO_SPACE,	  /* ENOSPC, ENOMEM */
	FAIL_IO,	  /* EIO */
	FAIL_INTERRUPTED, /* EINTR, once */
	FAIL_SHORT,	  /* half of a read or write */
	FAIL_EVER,	  /* ENOSPC, this call and all writes from then on */
	KILL_BEFORE,	  /* SIGKILL instead of the call, */
	KILL_HALF,	  /* after half of a write, */
	KILL_AFTER,	  /* after it */
	FAIL_HOWS,
};

extern const char *const failing_names[FAIL_HOWS];

/* From now on the at-th call (1, 2, …) does not go well; 0: all do. Fork first: there is no way back to before. */
void failing_set(long at, enum failing_how how);

/* Has it come to that call? */
bool failing_hit(void);

#endif
