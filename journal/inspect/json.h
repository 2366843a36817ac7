/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json.h - JSON as rrio-inspect writes it. One thread; a NULL is memory that was not there, and json_write tells.
 */
#ifndef INSPECT_JSON_H
#define INSPECT_JSON_H

#include <jansson.h>

#include "rrio/journal.h"

/* JSON takes UTF-8 alone: of anything else, what is not ASCII becomes \xNN. */
json_t *json_text(const char *string);
json_t *json_list(const struct rrj_strings *strings);

/* Writes and frees the value; flags as json_dumpb's. 0 or -ENOMEM. */
int json_write(json_t *value, size_t flags);

#endif
