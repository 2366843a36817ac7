/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lookup.h - for functions that take a path: is it one whose content or state is journalled?
 *
 * Parties' calls; errno as the call's. true: what the call hands back.
 */
#ifndef PRELOAD_LOOKUP_H
#define PRELOAD_LOOKUP_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

bool lookup_fopen(const char *path, FILE **file);
bool lookup_stat(const char *path, struct stat64 *status, int *result);
bool lookup_unlink(const char *path, int *result);

#endif
