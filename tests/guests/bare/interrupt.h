/* SPDX-License-Identifier: GPL-2.0-or-later */
/* interrupt.h - the interrupt table and the legacy controllers; interrupt.c says who may call what. */
#ifndef BARE_INTERRUPT_H
#define BARE_INTERRUPT_H

#include <stdint.h>

enum { IRQ_TIMER = 0, IRQ_VECTOR = 32, IPI_VECTOR = 64, SPURIOUS_VECTOR = 65, VECTORS = 66 };

/* Tables and the interrupt controller, everything masked; interrupts stay off. */
void interrupt_start(void);

/* The same tables for a further processor. */
void interrupt_load_tables(void);

/* Calls the handler, with interrupts off, at every interrupt of a line of the legacy controllers. */
void interrupt_install(unsigned irq, void (*handler)(void));

/* The same for a vector that comes through the local APIC, which the handler acknowledges. */
void interrupt_install_vector(unsigned vector, void (*handler)(void));

#endif
