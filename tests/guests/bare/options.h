/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options.h - the words of the command line; options.c says who may call what. */
#ifndef BARE_OPTIONS_H
#define BARE_OPTIONS_H

#include <stdint.h>

enum reboot { REBOOT_NOT, REBOOT_BUSY, REBOOT_DRAINED };

struct options {
	uint32_t requests, depth; /* depth 0: what the driver likes */
	uint32_t reboot, end;	  /* enum reboot, enum ending */
	uint32_t write, poll, smp, errors, discard;
};

/* Takes the command line that QEMU hands to a multiboot kernel. A word it does not know ends the machine. */
void options_parse(const char *line, struct options *options);

#endif
