/* SPDX-License-Identifier: GPL-2.0-or-later */
/* random.h - descriptors of random devices, whose reads are journalled. Any thread; preserves errno. */
#ifndef PRELOAD_RANDOM_H
#define PRELOAD_RANDOM_H

void random_opened(int fd, const char *path);
void random_closed(int fd);

#endif
