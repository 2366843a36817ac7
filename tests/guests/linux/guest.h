/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest.h - the parts of the guest's init: steps.c does the I/O, work.c, network.c and space.c what is done instead of
 * it, files.c is what they do it with, drivers.c loads modules, report.c prints what a step has come to. Everything runs
 * in process 1, the children of the conc step excepted. Functions return 0 or a count, and -errno on failure; only
 * init.c prints errors.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Where the disk is mounted; the process's current folder while steps run. */
#define MOUNT_POINT "/mnt"

/* ---- steps.c ---- */

struct step {
	const char *name;
	/* Does the step's work once, folds what was read into *sum. Rounds differ in what they write. */
	int (*run)(unsigned int round, uint64_t *sum);
};

extern const struct step steps[];
extern const size_t n_steps;

/* ---- work.c ---- */

enum { MAX_DEPTH = 256, MAX_DISKS = 26 };

/* Done instead of the steps, when the command line names one. */
extern const struct step works[];
extern const size_t n_works;

/* Requests in flight at once, 1 to MAX_DEPTH. */
extern unsigned int work_depth;

/* Disks that "random" reads by turns, 1 to MAX_DISKS: the first, then vdb, vdc, … */
extern unsigned int work_disks;

/* ---- network.c ---- */

/* One of the works: fetches /big from the host's web server at that port, and pings. */
int run_fetch(unsigned int round, uint64_t *sum);
extern unsigned int fetch_port;

/* ---- space.c ---- */

/* The name of the disk that the file system is on. */
extern const char *work_disk;

/* A step of works[]. */
int run_space(unsigned int round, uint64_t *sum);

/* ---- files.c ---- */

enum { BLOCK = 4096, CHUNK = 64 << 10 };

struct span {
	uint64_t seed; /* of the file's pattern */
	uint64_t offset, bytes;
};

/* All of these transfer a whole span or fail; reading compares with the pattern: -EILSEQ when it differs. */
int span_read(int fd, struct span span, uint64_t *sum);
int span_write(int fd, struct span span);

int file_open(const char *name, int flags);
int file_read(const char *name, struct span span, uint64_t *sum);
/* Makes the file, writes it and calls fsync. */
int file_write(const char *name, struct span span);
/* Writes back and forgets what the page cache holds, so that the next read asks the disk. */
int drop_caches(void);
/* Reads a small text file whole (cut at size - 1, ends in NUL); its length or -errno. */
ssize_t read_text(const char *path, char *text, size_t size);

/* ---- second.c ---- */

/* Begins work on a second disk, the device of that name, beside the steps. */
int second_start(const char *disk);
/* Waits for it to be done; folds what was read into *sum. */
int second_finish(uint64_t *sum);

/* ---- drivers.c ---- */

/* Loads the modules that every guest needs. */
int drivers_init(void);
/* Loads one more, which needs no others; 1 or -errno. */
int drivers_load(char *name);
/* Loads the modules for the devices that are there now and were not before; how many were loaded. */
int drivers_scan(void);
/* The same as devices turn up, until it is there: 1; 0: it does not come. */
int drivers_await(bool (*there)(void *what), void *what);

/* ---- report.c ---- */

/* The virtual time in nanoseconds since the guest's start. */
int64_t report_now(void);
void report_start(void);
/* One line: the step's name, its checksum, virtual time, and the disk's requests and interrupts so far. */
int report_step(const char *name, uint64_t sum, const char *disk);

#endif
