// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * console.c - prints on COM1, waiting for the port instead of using its interrupt. The boot processor alone, in any
 * context. Without a port the text is lost, and nothing waits.
 */
#include "console.h"

#include "machine.h"

#include <stdarg.h>

enum { COM1 = 0x3f8, LINE_CONTROL = 3, FIFO_CONTROL = 2, LINE_STATUS = 5, CAN_SEND = 0x20 };

void console_start(void)
{
	outb(COM1 + 1, 0); /* no interrupts */
	outb(COM1 + LINE_CONTROL, 0x80);
	outb(COM1, 1); /* 115200 baud */
	outb(COM1 + 1, 0);
	outb(COM1 + LINE_CONTROL, 3); /* 8N1 */
	outb(COM1 + FIFO_CONTROL, 7);
}

static void put(char c)
{
	while (!(inb(COM1 + LINE_STATUS) & CAN_SEND))
		;
	outb(COM1, (uint8_t)c);
}

static void put_text(const char *s)
{
	while (*s)
		put(*s++);
}

static void put_hex(uint64_t value, int digits)
{
	while (digits--)
		put("0123456789abcdef"[value >> 4 * digits & 15]);
}

/* Divides in place, returns the remainder; the compiler's own 64-bit division needs a library. */
static uint32_t divide(uint64_t *value, uint32_t by)
{
	uint32_t high = (uint32_t)(*value >> 32), low = (uint32_t)*value, rest = high % by;

	__asm__("divl %4" : "=a"(low), "=d"(rest) : "a"(low), "d"(rest), "r"(by));
	*value = (uint64_t)(high / by) << 32 | low;
	return rest;
}

static void put_decimal(uint64_t value)
{
	char digits[21], *at = digits + sizeof(digits) - 1;

	*at = '\0';
	do
		*--at = (char)('0' + divide(&value, 10));
	while (value);
	put_text(at);
}

/* One conversion; returns what follows it in the format. */
static const char *convert(const char *format, va_list *args)
{
	bool wide = format[0] == 'l' && format[1] == 'l';
	uint64_t value;

	if (*format == 's') {
		put_text(va_arg(*args, const char *));
		return format + 1;
	}
	value = wide ? va_arg(*args, uint64_t) : va_arg(*args, uint32_t);
	format += wide ? 2 : 0;
	if (*format == 'c')
		put((char)value);
	else if (*format == 'x')
		put_hex(value, wide ? 16 : 8);
	else
		put_decimal(value);
	return format + 1;
}

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	while (*format)
		if (*format == '%')
			format = convert(format + 1, &args);
		else
			put(*format++);
	va_end(args);
}
