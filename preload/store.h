/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store.h - the recording's store of pieces: what its images held at first (include/rrio/pieces.h).
 *
 * Any thread; a lock of its own, below all others. No malloc but in store_record() and store_replay(); errno may
 * change. A store that cannot be written is told once, by store_error(): the recording has to end then.
 */
#ifndef PRELOAD_STORE_H
#define PRELOAD_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Record: at the start; when the recording gets its folder; before the journal's END. 0 or -errno. */
int store_record(const uint8_t id[16]);
int store_keep(int dir);
int store_end(void);

/* Record: an image that has not been met before, and its size: its number. A further name of it. */
uint32_t store_add(const char *path, uint64_t size);
void store_name(uint32_t image, const char *name);

/* Record: one piece, when `is_saved` does not know it yet; `read` gets its content, in at most so many bytes. */
struct image;
typedef int64_t store_read(struct image *image, uint64_t piece, void *data);
void store_save(struct image *image, uint64_t piece, store_read *read);

/* Record: 0, or the -errno with which a piece could not be saved. */
int store_error(void);

/* Replay: opens the store of a recording; ended: by itself, so that nothing of the store may be missing. */
void store_replay(int dir, const char *name, const uint8_t id[16], bool ended);

/* Replay: the image that was opened by that name, or has that path; 0: none. And its path. */
uint32_t store_find(const char *name, uint64_t *size);
const char *store_path(uint32_t image);

/* Replay: a descriptor of the clone that has what the store lacks of that image; -1: there is none. */
int store_clone(uint32_t image);

/* Replay: a part of a piece: 0, or -ENOENT when the store has nothing of that piece. Damage ends the process. */
int store_get(uint32_t image, uint64_t piece, size_t at, size_t size, void *data);

#endif
