// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * main.c - one boot of the guest, from boot.S to the machine's end. The boot processor.
 */
#include "clock.h"
#include "console.h"
#include "interrupt.h"
#include "options.h"
#include "power.h"
#include "run.h"
#include "smp.h"

enum { HAS_COMMAND_LINE = 1 << 2 };

struct multiboot {
	uint32_t flags, memory[2], boot_device, command_line;
};

_Noreturn void start(const struct multiboot *boot);

static void begin(const struct multiboot *boot, struct options *options, enum mark mark)
{
	console_start();
	if (boot->flags & HAS_COMMAND_LINE)
		options_parse((const char *)(uintptr_t)boot->command_line, options);
	if (mark == MARK_TRIPLE) {
		say("bare: back after the triple fault\n");
		power_end(END_EXIT);
	}
	say("bare: %s boot\n", mark == MARK_REBOOT ? "second" : "first");
	interrupt_start();
	clock_start();
	if (options->smp)
		smp_start();
}

void start(const struct multiboot *boot)
{
	struct options options = { .requests = 200 };
	enum mark mark = power_take_mark();
	const struct driver *driver;
	struct disk disk;

	begin(boot, &options, mark);
	interrupts_off(); /* drivers start without */
	driver = disk_find(&disk);
	interrupts_on();
	run(&options, driver, &disk, mark == MARK_NONE);
	say("bare: done\n");
	power_end((enum ending)options.end);
}
