/* SPDX-License-Identifier: GPL-2.0-or-later */
/* children.h - programs that the emulator starts: a network device's script, a helper. */
#ifndef PRELOAD_CHILDREN_H
#define PRELOAD_CHILDREN_H

/* In a child that has just been forked, before it knows that it is one. */
void children_forked(void);

#endif
