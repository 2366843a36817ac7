/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock.h - the timer, and time by the time stamp counter; clock.c says who may call what. */
#ifndef BARE_CLOCK_H
#define BARE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Starts the timer's interrupts and measures the time stamp counter by them; leaves interrupts on. */
void clock_start(void);

/* Called at every timer interrupt, with interrupts off. */
void clock_on_tick(void (*watch)(void));

/* The time stamp counter's value so many milliseconds from now. */
uint64_t clock_after(uint32_t milliseconds);
bool clock_passed(uint64_t time);
void clock_delay(uint32_t milliseconds);

/* Spins until the bits under the mask have this value, for a second at most: 0 or -ETIMEDOUT. */
int clock_await(const volatile uint32_t *word, uint32_t mask, uint32_t value);

uint32_t clock_ticks(void);
uint64_t clock_hash(void); /* over the time stamps of all timer interrupts */

#endif
