// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * quantity.c - numbers with units. Owns nothing; one thread; no allocation.
 */
#include "quantity.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct suffix {
	const char *text;
	enum unit unit;
	int64_t factor;
} suffixes[] = {
	{ "ns", UNIT_TIME, 1 }, { "us", UNIT_TIME, 1000 }, { "ms", UNIT_TIME, 1000000 }, { "s", UNIT_TIME, 1000000000 },
	{ "i", UNIT_INSNS, 1 }, { "r", UNIT_REQUESTS, 1 }, { "t", UNIT_TURNS, 1 },
};

static int exponent(char c)
{
	const char *letters = "kKMGT", *at = c ? strchr(letters, c) : NULL;

	return !at ? 0 : *at == 'k' ? 1 : (int)(at - letters);
}

size_t quantity_read(const char *text, enum unit usual, int64_t *value, enum unit *unit)
{
	size_t used = strspn(text, "0123456789"), length;
	int base = usual == UNIT_SIZE ? 1024 : 1000;
	char digits[40] = "";
	long double number;

	*unit = usual;
	/* "5..r7" is a range, and its first point 5. */
	if (used && text[used] == '.' && isdigit((unsigned char)text[used + 1]))
		used += 1 + strspn(text + used + 1, "0123456789");
	if (!used || used >= sizeof(digits))
		return 0;
	memcpy(digits, text, used);
	number = strtold(digits, NULL);
	for (int i = exponent(text[used]); i > 0; i--)
		number *= base;
	used += exponent(text[used]) > 0;
	length = strspn(text + used, "abcdefghijklmnopqrstuvwxyz");
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (strlen(suffixes[i].text) == length && !strncmp(text + used, suffixes[i].text, length)) {
			*unit = suffixes[i].unit;
			number *= suffixes[i].factor;
			used += length;
			break;
		}
	*value = number >= 0x1p63L ? INT64_MAX : (int64_t)(number + 0.0000005L);
	return used;
}

/* Three digits or more, and a letter for a power of base. */
static const char *scaled(char out[QUANTITY_SIZE], double value, double base, const char *const *names, int count)
{
	int i = 0;

	for (; value >= 999.95 && i + 1 < count; i++)
		value /= base;
	snprintf(out, QUANTITY_SIZE, "%.*f%s", i && value < 99.95 ? (value < 9.995 ? 2 : 1) : 0, value, names[i]);
	return out;
}

const char *quantity_time(char out[QUANTITY_SIZE], int64_t ns)
{
	static const char *const names[] = { "ns", "us", "ms", "s" };

	return scaled(out, (double)ns, 1000, names, 4);
}

const char *quantity_count(char out[QUANTITY_SIZE], double count)
{
	static const char *const names[] = { "", "k", "M", "G", "T", "P", "E" };

	return scaled(out, count, 1000, names, 7);
}

const char *quantity_bytes(char out[QUANTITY_SIZE], double bytes)
{
	static const char *const names[] = { "", "K", "M", "G", "T", "P", "E" };

	return scaled(out, bytes, 1024, names, 7);
}
