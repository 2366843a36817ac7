/* SPDX-License-Identifier: GPL-2.0-or-later */
/* speed.h - RRIO_SPEED=1: how far a replay has come, as a line on a terminal. The watch's thread alone. */
#ifndef PRELOAD_SPEED_H
#define PRELOAD_SPEED_H

/* So often a second speed_show() is called. */
enum { SPEED_LOOKS = 4 };

/* Shows it anew; nothing where standard error is no terminal. */
void speed_show(void);

#endif
