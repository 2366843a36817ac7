/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * out.h - text on stdout: fast, through a pager on a terminal, in colour where it is wanted. One thread.
 *
 * stdio and these may be mixed: each flushes the other's where the order matters (out_flush before stdio is used).
 */
#ifndef INSPECT_OUT_H
#define INSPECT_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A terminal gets a pager ($RRIO_PAGER, $PAGER, less) from here on. */
void out_page(void);

/* Is stdout a terminal, and NO_COLOR not set? */
bool out_in_colour(void);

/* Columns of the terminal or of $COLUMNS; 100 where there is none. */
int out_width(void);

/* Negative widths: to the left. A text is made safe for a terminal and cut at its width, if that is not 0. */
void out_char(char c);
void out_text(const char *text, int width);
void out_number(int64_t value, int width);
void out_unsigned(uint64_t value, int width);
void out_raw(const char *text);
__attribute__((format(printf, 1, 2))) void out_format(const char *format, ...);

/* Nothing more will be read. */
bool out_failed(void);
void out_flush(void);

/* Flushes, and waits for the pager: 0 or an errno. */
int out_end(void);

#endif
