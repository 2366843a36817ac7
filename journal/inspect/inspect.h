/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inspect.h - what the subcommands of rrio-inspect share. One thread; a function that fails has said so on stderr.
 */
#ifndef INSPECT_H
#define INSPECT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "rrio/journal.h"

enum status { FINE = 0, FINDING = 1, USAGE = 2, NO_RECORDING = 65, BUG = 70 };

/* What stands behind an option, or NULL; a switch that is set stands for itself. */
struct options {
	const char *recording; /* NULL: the latest */
	const char *output;    /* -o */
	const char *field, *fields, *after, *cursor_file, *top, *by, *time, *weight;
	const char *follow, *hist, *chrome, *folded, *html, *no_pager;
	char **words; /* what was not taken as the recording, up to NULL: a selection, or the other recording */
};

/* How a command takes the words behind its options. */
enum words { ONE_RECORDING, SELECTION, TWO_RECORDINGS };

struct command {
	const char *name, *synopsis, *does;
	const char *takes; /* the options' letters and names, each with a space before and behind it */
	enum words words;
	enum status (*run)(const struct options *options);
};

extern const struct command command_dump, command_info, command_stats, command_export, command_diff, command_explain,
	command_goto, command_verify, command_repair;

/* One line on stderr, behind "rrio: ". */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

/* The same, then the word with a caret under the character that is wrong. Returns USAGE. */
__attribute__((format(printf, 3, 4))) enum status say_at(const char *word, size_t at, const char *format, ...);

/* No memory: says so. */
enum status out_of_memory(void);

/* Text from a journal, so that a terminal shows it and does nothing else: control characters as \xNN. */
void print_safe(const char *text, FILE *out);

/* ---- a recording that is read from its start on ---- */

struct recording {
	char *path; /* of the folder, or a journal alone */
	int fd;
	struct rrj_reader *reader;
	bool started;	   /* its START record has been read */
	uint64_t turns;	   /* so far, as the last two */
	int64_t icount;	   /* up to here, everything that replay needs has been read */
	uint32_t expected; /* requests of the current turn that are still to come */
	int64_t turn_icount;
};

/* Is there a recording that is meant by this? */
bool recording_exists(const char *argument);

/* The argument as users give it: a folder, a file, a name in the store; NULL is the latest. */
enum status recording_open(struct recording *recording, const char *argument);
void recording_close(struct recording *recording);

/* As rrj_next. */
int recording_next(struct recording *recording, struct rrj_record *record);

/* What the last value of recording_next means for the exit status; says so when it is a failure. */
enum status recording_status(const struct recording *recording, int last);

#endif
