/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * files.h - the files on which the emulator does disk I/O: what they are called, and what they were before it.
 *
 * A file is met by a worker thread at its first request, and entered into the journal, where it gets its number, by
 * the turn that releases that request. Numbers are thus the same in record and replay.
 */
#ifndef PRELOAD_FILES_H
#define PRELOAD_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "image.h"
#include "rrio/journal.h"

struct file {
	dev_t device;
	ino_t inode;
	struct rrj_file record; /* id 0: not entered yet */
	char path[PATH_MAX];
	struct image image;
};

/* As many files as one run may use: more cannot be recorded. */
enum { FILES_MAX = 256 };

/* The file behind a descriptor; NULL when it is none. Any thread; preserves errno. */
struct file *file_of(int fd);

/* The path behind a descriptor, as the kernel knows it: its length, or 0 and "". Any thread; errno may change. */
size_t file_path_of(int fd, char *path, size_t size);

/* Record, main thread: a file has been opened by that name, which begins with a slash. */
void file_opened(const struct stat *status, const char *name);

/* Replay: the file of an image that the recording has and this machine has not. */
struct file *file_missing(uint32_t image);

/* Gives a file its number, if it has none. For whoever holds the turn. true: it is new. */
bool file_enter(struct file *file);

/* A file's number; 0 for NULL. */
uint32_t file_id(const struct file *file);

/* What identifies a file's content, by samples if it is large; 0 when it cannot be read. Any thread. */
uint64_t file_digest(const char *path, uint64_t size);

/* The name for messages; never NULL. */
const char *file_name(const struct file *file);

/* Replay: what the recording calls a file of its own numbers; never NULL. */
const char *file_recorded_name(uint32_t id);

/* Replay: remembers a file of the recording; compares one of this run with it, and ends the process at a difference. */
void file_recorded(const struct rrj_file *record);
void file_compare(struct file *file);

/* Replay: why a read of it may differ, as the end of a message; "" when it has nothing to do with the image. */
const char *file_explain(struct file *file);

#endif
