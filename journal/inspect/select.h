/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * select.h - which records are wanted: ranges and filters, as words of the command line. One thread.
 */
#ifndef INSPECT_SELECT_H
#define INSPECT_SELECT_H

#include "field.h"

struct selection;

/* Can this word only be a part of a selection? */
bool select_looks_like(const char *word);

/* What --help says of them. */
void select_help(void);

/* Takes the words; resolves those that stand for a place in this recording. The view is at its start afterwards. */
enum status select_open(struct selection **selection, struct view *view, char **words);
void select_close(struct selection *selection);

/* Goes to the first place where something may be wanted. */
void select_seek(const struct selection *selection, struct view *view);

/* As view_next, but the next record that is wanted. */
bool select_next(struct selection *selection, struct view *view);

/* The same for who has to see what is not wanted as well. */
bool select_step(struct selection *selection, struct view *view, bool *wanted);

/* A request as a word, "r17": its ticket. */
enum status select_request(const char *word, uint64_t *ticket);

#endif
