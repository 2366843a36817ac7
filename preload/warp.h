/* SPDX-License-Identifier: GPL-2.0-or-later */
/* warp.h - keeps the time of an idle guest going, where QEMU would let it stand still. */
#ifndef PRELOAD_WARP_H
#define PRELOAD_WARP_H

#include <stdbool.h>

/* Constructor. leaps: the guest's time does not go on by the host's (-icount sleep=off). */
void warp_init(bool leaps);

/* Main thread, at the end of its turn, in which the clocks stand still. */
void warp_keep(void);

#endif
