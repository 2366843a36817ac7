/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pieces.h - what images held before the recorded run changed them (or, with RRIO_DATA=full, all that it read): pieces
 * of 64 KiB in a recording's file `pieces` (librrj.a). The bytes are specified in journal/FORMAT.md, section 11.
 *
 * One thread at a time. Functions return 0 or a length on success and -errno on failure; nothing prints. Putting and
 * getting use memory from mmap alone, never malloc's.
 */
#ifndef RRIO_PIECES_H
#define RRIO_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RRJ_PIECE_SIZE = 64 << 10 };

/* The name of the file in a recording's folder. */
#define RRJ_PIECES_NAME "pieces"

/* ---- writing ---- */

struct rrj_pieces;

/* Makes a store of the recording with that id. Until rrj_pieces_attach it keeps in memory what is put into it. */
int rrj_pieces_new(struct rrj_pieces **pieces, const uint8_t id[16]);

/* Makes the file in the folder `dir`, which stays the caller's, and writes what was kept. -EEXIST: there is one. */
int rrj_pieces_attach(struct rrj_pieces *pieces, int dir);

/* An image, before its first piece; images are numbered by the caller. And another name by which it was opened. */
int rrj_pieces_image(struct rrj_pieces *pieces, uint32_t image, uint64_t size, const char *path);
int rrj_pieces_name(struct rrj_pieces *pieces, uint32_t image, const char *name);

/*
 * One piece of it, of which the image had `size` bytes. When this returns 0 it is in the page cache: it survives the
 * death of the process. On failure nothing of it is left in the file, and the next one may succeed.
 */
int rrj_pieces_put(struct rrj_pieces *pieces, uint32_t image, uint64_t piece, const void *data, size_t size);

/*
 * What the store still lacks of the image is in a clone of it from now on, which stands in the recording's folder
 * already, under the name that rrj_clone_name gives it.
 */
int rrj_pieces_clone(struct rrj_pieces *pieces, uint32_t image);

enum { RRJ_CLONE_NAME_SIZE = 24 };
#define RRJ_CLONE_PREFIX "image."
void rrj_clone_name(char name[RRJ_CLONE_NAME_SIZE], uint32_t image);

/* Everything that the journal's END covers is there. */
int rrj_pieces_end(struct rrj_pieces *pieces);

/* Bytes so far. */
uint64_t rrj_pieces_size(const struct rrj_pieces *pieces);

void rrj_pieces_free(struct rrj_pieces *pieces);

/* ---- reading ---- */

struct rrj_pieces_reader;

/*
 * Reads the heads of all records of the file in the folder `dir`. -ENOENT: there is none; -EMEDIUMTYPE: it is none, or
 * of another recording; -EPROTONOSUPPORT: a newer one; -EBADMSG: damaged, at *offset. A torn end is left out.
 */
int rrj_pieces_open(struct rrj_pieces_reader **reader, int dir, const uint8_t id[16], uint64_t *offset);

/* Does it end with its end? Otherwise the recording was cut off, or this file was. */
bool rrj_pieces_whole(const struct rrj_pieces_reader *reader);

/* The image with that path, or opened by that name: its number, and its size at first; 0: none. */
uint32_t rrj_pieces_find(const struct rrj_pieces_reader *reader, const char *name, uint64_t *size);

/* Is what the store lacks of that image in a clone of it? */
bool rrj_pieces_cloned(const struct rrj_pieces_reader *reader, uint32_t image);

/* The path of that image; NULL: no such image. */
const char *rrj_pieces_path(const struct rrj_pieces_reader *reader, uint32_t image);

/*
 * One piece into `data`, with room for RRJ_PIECE_SIZE: how many bytes of it there were; -ENOENT: not in the store;
 * -EBADMSG: damaged.
 */
int rrj_pieces_get(struct rrj_pieces_reader *reader, uint32_t image, uint64_t piece, void *data);

/* Where in the file the last piece that was asked for is. */
uint64_t rrj_pieces_offset(const struct rrj_pieces_reader *reader);

void rrj_pieces_close(struct rrj_pieces_reader *reader);

#endif
