// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * smp.c - starts the further processors and lets them race with the boot processor. smp_enter and chase_round run on
 * those, all else on the boot processor. Processors that do not arrive end the machine.
 */
#include "smp.h"

#include "clock.h"
#include "hash.h"
#include "interrupt.h"
#include "machine.h"
#include "power.h"

enum { MOST_OTHERS = 15, TRAMPOLINE = 0x7000, STEPS_PER_ROUND = 64 };
enum { FW_CFG = 0x510, FW_CFG_PROCESSORS = 5 };

/* The local APIC's registers, and commands for all processors but the one that sends. */
enum { APIC_END = 0xb0, APIC_SPURIOUS = 0xf0, APIC_COMMAND = 0x300, APIC_ON = 0x100 };
enum { OTHERS = 0xc4000, INIT = 0x500, STARTUP = 0x600 };

/* Of one processor; the others read it while it changes. */
struct racer {
	volatile uint32_t rounds, seen; /* how often it ran, a hash of what it saw of the boot processor */
};

/* Used by boot.S. */
extern const uint8_t trampoline[];
extern const uint32_t trampoline_size;
extern volatile uint32_t smp_arrived;
extern uint8_t smp_stacks[MOST_OTHERS][PAGE];
void smp_enter(uint32_t index);

volatile uint32_t smp_arrived;
uint8_t smp_stacks[MOST_OTHERS][PAGE] __attribute__((aligned(16)));

static struct racer racers[MOST_OTHERS];
static uint32_t others;
static volatile uint32_t boot_counter, shared;
static volatile bool chasing;

static volatile uint32_t *apic(uint32_t offset)
{
	return reg32(0xfee00000 + offset);
}

static void on_call(void)
{
	*apic(APIC_END) = 0;
}

static void on_spurious(void)
{
}

/* The emulator's end of a slice comes seldom enough that processors run in the middle of each other's rounds. */
static void chase_round(struct racer *racer, uint32_t index)
{
	for (unsigned i = 0; i < STEPS_PER_ROUND; i++) {
		racer->seen = (racer->seen ^ boot_counter) * 0x01000193;
		__atomic_fetch_add(&shared, index + 1, __ATOMIC_SEQ_CST);
	}
	racer->rounds++;
	yield();
}

void smp_enter(uint32_t index)
{
	interrupt_load_tables();
	*apic(APIC_SPURIOUS) = APIC_ON | SPURIOUS_VECTOR;
	for (;;) {
		interrupts_off();
		if (!chasing)
			halt();
		interrupts_on();
		while (chasing)
			chase_round(&racers[index], index);
	}
}

static uint32_t count_others(void)
{
	uint32_t count;

	outw(FW_CFG, FW_CFG_PROCESSORS);
	count = inb(FW_CFG + 1);
	return (count | (uint32_t)inb(FW_CFG + 1) << 8) - 1;
}

void smp_start(void)
{
	uint64_t end = clock_after(10000);

	others = count_others();
	if (others > MOST_OTHERS)
		fail("more than %u processors", MOST_OTHERS + 1u);
	interrupt_install_vector(IPI_VECTOR, on_call);
	interrupt_install_vector(SPURIOUS_VECTOR, on_spurious);
	memcpy((void *)TRAMPOLINE, trampoline, trampoline_size);
	*apic(APIC_COMMAND) = OTHERS | INIT;
	clock_delay(10);
	*apic(APIC_COMMAND) = OTHERS | STARTUP | TRAMPOLINE / PAGE;
	while (smp_arrived < others) {
		yield();
		if (clock_passed(end))
			fail("%u of %u processors arrived", smp_arrived, others);
	}
	say("bare: %u processors\n", others + 1);
}

void smp_chase(bool chase)
{
	if (!others || chase == chasing)
		return;
	chasing = chase;
	if (chase)
		*apic(APIC_COMMAND) = OTHERS | IPI_VECTOR;
}

void smp_step(void)
{
	if (!others)
		return;
	boot_counter++;
	yield();
}

uint64_t smp_hash(uint64_t hash)
{
	for (uint32_t i = 0; i < others; i++)
		hash = hash_add(hash_add(hash, racers[i].rounds), racers[i].seen);
	return others ? hash_add(hash, shared) : hash;
}

void smp_report(void)
{
	for (uint32_t i = 0; i < others; i++)
		say("bare: processor %u ran %u rounds and saw %x\n", i + 1, racers[i].rounds, racers[i].seen);
}
