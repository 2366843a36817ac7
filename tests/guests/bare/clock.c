// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * clock.c - the timer (PIT, 1000 interrupts a second) and time by the time stamp counter. The boot processor starts it;
 * clock_after and what follows may be called with interrupts off. A timer that stands still ends the machine.
 */
#include "clock.h"

#include "hash.h"
#include "interrupt.h"
#include "machine.h"
#include "power.h"

enum { PIT = 0x40, PIT_HERTZ = 1193182, TICK_HERTZ = 1000, MEASURED_TICKS = 4 };

static volatile uint32_t ticks;
static uint64_t hash = HASH_START;
static uint64_t cycles_per_ms;
static void (*watcher)(void);

static void on_tick(void)
{
	ticks++;
	hash = hash_add(hash, read_tsc());
	if (watcher)
		watcher();
}

/* Returns the time stamp of a tick to come. Counts iterations, since there is no other clock yet. */
static uint64_t await_tick(uint32_t tick)
{
	for (uint32_t i = 0; ticks < tick; i++)
		if (i >= 1u << 30)
			fail("the timer does not tick");
	return read_tsc();
}

void clock_start(void)
{
	uint16_t divisor = PIT_HERTZ / TICK_HERTZ;
	uint64_t first;

	interrupt_install(IRQ_TIMER, on_tick);
	outb(PIT + 3, 0x34);
	outb(PIT, (uint8_t)divisor);
	outb(PIT, (uint8_t)(divisor >> 8));
	interrupts_on();
	first = await_tick(1);
	/* A power of two, so that no 64-bit division is needed. */
	cycles_per_ms = (await_tick(1 + MEASURED_TICKS) - first) / MEASURED_TICKS;
	if (!cycles_per_ms)
		fail("the time stamp counter stands still");
}

void clock_on_tick(void (*watch)(void))
{
	watcher = watch;
}

uint64_t clock_after(uint32_t milliseconds)
{
	return read_tsc() + cycles_per_ms * milliseconds;
}

bool clock_passed(uint64_t time)
{
	return read_tsc() >= time;
}

void clock_delay(uint32_t milliseconds)
{
	uint64_t end = clock_after(milliseconds);

	while (!clock_passed(end))
		yield();
}

int clock_await(const volatile uint32_t *word, uint32_t mask, uint32_t value)
{
	uint64_t end = clock_after(1000);

	while ((*word & mask) != value)
		if (clock_passed(end))
			return -ETIMEDOUT;
	return 0;
}

uint32_t clock_ticks(void)
{
	return ticks;
}

uint64_t clock_hash(void)
{
	return hash;
}
