// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * interrupt.c - the interrupt table and the two legacy interrupt controllers. Started by the boot processor; the table
 * serves all of them. An exception, or a vector nobody wants, ends the machine.
 */
#include "interrupt.h"

#include "machine.h"
#include "power.h"

enum { MASTER = 0x20, SLAVE = 0xa0, END_OF_INTERRUPT = 0x20, READ_IN_SERVICE = 0x0b, CASCADE = 2 };

/* What boot.S pushes. */
struct frame {
	uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax;
	uint32_t vector, error, eip;
};

struct gate {
	uint16_t low, selector, flags, high;
};

struct __attribute__((packed)) table_pointer {
	uint16_t limit;
	uint32_t base;
};

extern const uint32_t vector_stubs[VECTORS]; /* boot.S */

void interrupt(const struct frame *frame);

static struct gate table[VECTORS];
static void (*handlers[VECTORS])(void);

static bool in_service(unsigned irq)
{
	uint16_t port = irq < 8 ? MASTER : SLAVE;

	outb(port, READ_IN_SERVICE);
	return inb(port) >> (irq & 7) & 1;
}

static void acknowledge(unsigned irq)
{
	if (irq >= 8)
		outb(SLAVE, END_OF_INTERRUPT);
	outb(MASTER, END_OF_INTERRUPT);
}

static void legacy_interrupt(unsigned irq)
{
	/* The last line of a controller also stands for "it was nothing"; the slave's came through the master's. */
	if ((irq & 7) == 7 && !in_service(irq)) {
		if (irq == 15)
			outb(MASTER, END_OF_INTERRUPT);
		return;
	}
	handlers[IRQ_VECTOR + irq]();
	acknowledge(irq);
}

/* Called by boot.S with interrupts off. */
void interrupt(const struct frame *frame)
{
	uint32_t vector = frame->vector, irq = vector - IRQ_VECTOR;
	bool legacy = irq < 16;

	if (!handlers[vector] && !(legacy && (irq & 7) == 7))
		fail("vector %u, error %u, at %x", vector, frame->error, frame->eip);
	if (legacy)
		legacy_interrupt(irq);
	else
		handlers[vector]();
}

static void start_controller(uint16_t port, uint8_t vector, uint8_t wiring)
{
	outb(port, 0x11);
	outb(port + 1, vector);
	outb(port + 1, wiring);
	outb(port + 1, 1);
	outb(port + 1, 0xff);
}

void interrupt_load_tables(void)
{
	struct table_pointer pointer = { sizeof(table) - 1, address_of(table) };

	__asm__ volatile("lidt %0" : : "m"(pointer));
}

void interrupt_start(void)
{
	for (unsigned i = 0; i < VECTORS; i++)
		table[i] = (struct gate){ (uint16_t)vector_stubs[i], 8, 0x8e00, (uint16_t)(vector_stubs[i] >> 16) };
	interrupt_load_tables();
	start_controller(MASTER, IRQ_VECTOR, 1 << CASCADE);
	start_controller(SLAVE, IRQ_VECTOR + 8, CASCADE);
}

static void unmask(unsigned irq)
{
	uint16_t port = (irq < 8 ? MASTER : SLAVE) + 1;

	outb(port, inb(port) & (uint8_t) ~(1 << (irq & 7)));
}

void interrupt_install(unsigned irq, void (*handler)(void))
{
	interrupt_install_vector(IRQ_VECTOR + irq, handler);
	if (irq >= 8)
		unmask(CASCADE);
	unmask(irq);
}

void interrupt_install_vector(unsigned vector, void (*handler)(void))
{
	handlers[vector] = handler;
}
