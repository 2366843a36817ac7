// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * options.c - the words of the command line, separated by blanks or commas. Called once by the boot processor.
 */
#include "options.h"

#include "machine.h"
#include "power.h"

/* One word; a negative value stands for the number that follows the word. */
struct word {
	const char *text;
	int value;
	size_t member;
};

#define WORD(text, value, member)                             \
	{                                                     \
		text, value, offsetof(struct options, member) \
	}

static const struct word words[] = {
	WORD("requests=", -1, requests),
	WORD("depth=", -1, depth),
	WORD("reboot", REBOOT_BUSY, reboot),
	WORD("reboot=drained", REBOOT_DRAINED, reboot),
	WORD("end=exit", END_EXIT, end),
	WORD("end=acpi", END_ACPI, end),
	WORD("end=triple", END_TRIPLE, end),
	WORD("end=none", END_NONE, end),
	WORD("write", 1, write),
	WORD("poll", 1, poll),
	WORD("smp", 1, smp),
	WORD("errors", 1, errors),
	WORD("discard", 1, discard),
};

static bool separates(char c)
{
	return c == ' ' || c == ',';
}

/* QEMU puts the kernel's path before the options, and that may contain anything; no option contains a slash. */
static const char *skip_path(const char *line)
{
	const char *options = line;

	for (; *line; line++)
		if (*line == '/')
			options = line;
	while (*options && *options != ' ')
		options++;
	return options;
}

/* Where the given word ends in the line, or NULL if the line does not begin with it. */
static const char *match(const char *line, const struct word *word)
{
	for (const char *text = word->text; *text; text++)
		if (*line++ != *text)
			return NULL;
	if (word->value >= 0 && *line && !separates(*line))
		return NULL;
	return line;
}

static const char *number(const char *line, uint32_t *value)
{
	const char *first = line;

	for (*value = 0; *line >= '0' && *line <= '9' && line - first < 9; line++)
		*value = *value * 10 + (uint32_t)(*line - '0');
	if (line == first || (*line && !separates(*line)))
		fail("no number: \"%s\"", first);
	return line;
}

static const char *take_word(const char *line, struct options *options)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		uint32_t *member = (uint32_t *)((char *)options + words[i].member);
		const char *end = match(line, &words[i]);

		if (!end)
			continue;
		if (words[i].value < 0)
			return number(end, member);
		*member = (uint32_t)words[i].value;
		return end;
	}
	fail("cannot understand \"%s\"", line);
}

void options_parse(const char *line, struct options *options)
{
	line = skip_path(line);
	while (*line)
		line = separates(*line) ? line + 1 : take_word(line, options);
	if (!options->requests)
		fail("no requests");
}
