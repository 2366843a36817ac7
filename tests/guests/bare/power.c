// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * power.c - the ways a boot ends, and the byte of the real-time clock's memory that tells the next boot why. The boot
 * processor, in any context. Where a way does not exist, the next one is tried; at last the processor halts for ever.
 */
#include "power.h"

#include "machine.h"

enum {
	DEBUG_EXIT = 0x501,
	PM1_CONTROL = 0x604, /* where SeaBIOS puts it, with both chip sets */
	SLEEP_ENABLE = 1 << 13,
	RESET_CONTROL = 0xcf9,
	KEYBOARD = 0x64,
	CMOS = 0x70,
	MARK_BYTE = 0x70, /* beyond what SeaBIOS uses; a reset keeps it */
};

static void set_mark(enum mark mark)
{
	outb(CMOS, MARK_BYTE);
	outb(CMOS + 1, (uint8_t)mark);
}

enum mark power_take_mark(void)
{
	enum mark mark;

	outb(CMOS, MARK_BYTE);
	mark = (enum mark)inb(CMOS + 1);
	set_mark(MARK_NONE);
	return mark;
}

static _Noreturn void stop(void)
{
	for (;;) {
		interrupts_off();
		__asm__ volatile("hlt");
	}
}

void power_reboot(void)
{
	set_mark(MARK_REBOOT);
	outb(RESET_CONTROL, 2);
	outb(RESET_CONTROL, 6);
	outb(KEYBOARD, 0xfe);
	stop();
}

static void triple_fault(void)
{
	static const struct {
		uint16_t limit, base[2];
	} no_table;

	set_mark(MARK_TRIPLE);
	__asm__ volatile("lidt %0; int3" : : "m"(no_table));
}

static _Noreturn void power_off(enum ending ending, uint16_t status)
{
	if (ending == END_EXIT)
		outw(DEBUG_EXIT, status);
	outw(PM1_CONTROL, SLEEP_ENABLE);
	stop();
}

void power_end(enum ending ending)
{
	if (ending == END_TRIPLE)
		triple_fault();
	while (ending == END_NONE)
		halt();
	power_off(ending, 0);
}

void power_fail(void)
{
	power_off(END_EXIT, 1);
}
