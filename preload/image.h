/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image.h - a disk image, or block device, on which the emulator does I/O: what it held at first, and what it holds now.
 *
 * Recording saves what a request is about to change (with RRIO_DATA=full also what it reads), once for each piece. In
 * replay the image is a virtual file: what this run has changed, in a private overlay, else what it held at first, from
 * the recording's store, else from the image as it is now. Nothing is ever written to the image. A snapshot's own
 * overlay and character devices are no images.
 *
 * Whoever carries out a request calls; errno may change.
 */
#ifndef PRELOAD_IMAGE_H
#define PRELOAD_IMAGE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rrio/pieces.h"

struct call;

struct image {
	bool is; /* an image */
	uint32_t number; /* in the store; 0: that has none of it */
	int fd;		 /* ours, for reading; -1: it is not there */
	uint64_t first_size, pieces;
	const char *path;
	/* record */
	_Atomic uint64_t *saved; /* which pieces the store has, a bit for each */
	_Atomic bool cloned;	 /* and all others */
	uint32_t kept;		 /* how many it has; under its lock */
	/* replay */
	_Atomic uint64_t size; /* now */
	struct {
		int fd; /* -1: none yet */
		_Atomic uint64_t *has; /* which of the pieces that there were at first */
		pthread_mutex_t lock;  /* for those who change it */
	} overlay;
};

/* A file is met: fd is the emulator's descriptor of it, or -1 when it is not there. Ends the process without memory. */
void image_meet(struct image *image, int fd, const char *path, uint64_t size);

/* ---- recording: save.c ---- */

/* Does nothing of what that call is about to change have to be saved? */
bool image_is_safe(const struct image *image, const struct call *call);

/* Saves it; the call may be made then. */
void image_save(struct image *image, const struct call *call);

bool image_is_saved(const struct image *image, uint64_t piece);
void image_set_saved(struct image *image, uint64_t piece);

/* ---- replay ---- */

/* Carries out a read: bytes, or -ENODATA: nobody knows what was there. */
int64_t image_read(struct image *image, void *data, uint64_t offset, size_t size);

/* What the image held at first: bytes, fewer at its end, or -ENODATA. */
int64_t image_first(struct image *image, void *data, uint64_t offset, size_t size);

/* What a call that changes it will return, when all goes well. */
int64_t image_promise(const struct call *call);

/* Makes the change of a call that returns this. image: NULL for a copy to a file that is none. */
void image_change(struct image *image, struct call *call, int64_t result);

/* ---- replay: overlay.c ---- */

int overlay_open(struct image *image);
bool overlay_has(const struct image *image, uint64_t piece);
void overlay_write(struct image *image, const void *data, uint64_t offset, size_t size);
void overlay_zero(struct image *image, uint64_t offset, uint64_t size, bool keep_size);
void overlay_truncate(struct image *image, uint64_t size);

#endif
