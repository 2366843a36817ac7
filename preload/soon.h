/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * soon.h - waits that are mostly short, in the turnstile.
 *
 * To be woken on another core takes tens of microseconds and costs the one who wakes nearly as much, which is a good part
 * of a turn. So whoever waits for what usually comes soon looks for it a while before it sleeps; where it usually takes
 * longer, nobody looks. Only when threads go on depends on it, never what they find.
 */
#ifndef PRELOAD_SOON_H
#define PRELOAD_SOON_H

#include <stdbool.h>
#include <stdint.h>

/* One of those waits, whoever it is that waits; zeros at first. */
struct soon {
	_Atomic int score; /* how often it has been short of late */
};

/*
 * Not locked: before the wait with the lock, in which all is looked at again. waits: reads what needs no lock. Returns
 * when the wait began, for soon_over(); 0: there is none.
 */
int64_t soon_look(const struct soon *soon, bool (*waits)(void));

/* Behind that. */
void soon_over(struct soon *soon, int64_t since_ns);

#endif
