// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hash.c - XXH3, compiled once, with names of its own (the Makefile's XXH_NAMESPACE): a copy in every file that hashes made much
 * of librrio.so. Any thread; no allocation, no system call. Nothing can fail.
 */
#define XXH_IMPLEMENTATION
#include <xxhash.h>
