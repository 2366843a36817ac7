/* SPDX-License-Identifier: GPL-2.0-or-later */
/* console.h - text on COM1; console.c says who may call what. */
#ifndef BARE_CONSOLE_H
#define BARE_CONSOLE_H

void console_start(void);

/* Knows %s %c %u %x %llu %llx; hexadecimal is always padded with zeros to the type's width. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

#endif
