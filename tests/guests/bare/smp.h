/* SPDX-License-Identifier: GPL-2.0-or-later */
/* smp.h - the further processors; smp.c says who may call what. */
#ifndef BARE_SMP_H
#define BARE_SMP_H

#include <stdbool.h>
#include <stdint.h>

/* Starts all further processors; they halt until they are to chase. Without a call the rest of these do nothing. */
void smp_start(void);

/* Makes them count, and follow the boot processor's counter, or halts them again. */
void smp_chase(bool chase);

/* The boot processor's counter goes on by one. */
void smp_step(void);

/* What all of them have done so far, added to a hash. */
uint64_t smp_hash(uint64_t hash);

void smp_report(void);

#endif
