/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machine.h - the instructions that C has no words for, and the few error numbers in use. Any processor, any context.
 */
#ifndef BARE_MACHINE_H
#define BARE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EIO = 5, ENODEV = 19, EINVAL = 22, EILSEQ = 84, ETIMEDOUT = 110 };

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PAGE	      4096

#define PORT_ACCESS(suffix, type)                                                     \
	static inline void out##suffix(uint16_t port, type value)                     \
	{                                                                             \
		__asm__ volatile("out" #suffix " %0, %1" : : "a"(value), "Nd"(port)); \
	}                                                                             \
	static inline type in##suffix(uint16_t port)                                  \
	{                                                                             \
		type value;                                                           \
                                                                                      \
		__asm__ volatile("in" #suffix " %1, %0" : "=a"(value) : "Nd"(port));  \
		return value;                                                         \
	}

PORT_ACCESS(b, uint8_t)
PORT_ACCESS(w, uint16_t)
PORT_ACCESS(l, uint32_t)

static inline uint64_t read_tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static inline void interrupts_off(void)
{
	__asm__ volatile("cli" : : : "memory");
}

static inline void interrupts_on(void)
{
	__asm__ volatile("sti" : : : "memory");
}

/* Turns interrupts on and halts with nothing in between: one that is pending ends the halt. */
static inline void halt(void)
{
	__asm__ volatile("sti; hlt" : : : "memory");
}

/* Lets another processor have its turn: the emulator ends the slice here. */
static inline void yield(void)
{
	__asm__ volatile("pause" : : : "memory");
}

/* The compiler must not move accesses to memory that a device reads or writes across this; the processor does not. */
static inline void barrier(void)
{
	__asm__ volatile("" : : : "memory");
}

static inline uint32_t address_of(const volatile void *p)
{
	return (uint32_t)(uintptr_t)p;
}

/* Device registers and memory that a device writes to. */
static inline volatile uint32_t *reg32(uint32_t address)
{
	return (volatile uint32_t *)(uintptr_t)address;
}

static inline volatile uint16_t *reg16(uint32_t address)
{
	return (volatile uint16_t *)(uintptr_t)address;
}

static inline volatile uint8_t *reg8(uint32_t address)
{
	return (volatile uint8_t *)(uintptr_t)address;
}

void *memset(void *to, int byte, size_t size);
void *memcpy(void *restrict to, const void *restrict from, size_t size);

#endif
