// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * main.c - rrio-inspect: shows what a journal holds. The command line, the same for all subcommands.
 *
 * Owns stdout and stderr. Never writes to a recording that it reads. On failure: one line on stderr and an exit status
 * of its kind.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "inspect.h"
#include "out.h"
#include "select.h"

static const struct command *const commands[] = { &command_dump,   &command_info,   &command_stats,
						  &command_export, &command_diff,   &command_explain,
						  &command_goto,   &command_verify, &command_repair };

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]), FIRST_LONG = 256 };

static const struct option_row {
	const char *name; /* long, or one letter */
	const char *help;
	size_t at;
	int has_value;
} rows[] = {
	{ "o", "-o text|ndjson|csv|json, or where to write", offsetof(struct options, output), 1 },
	{ "F", "-F FIELD,FIELD…        which columns", offsetof(struct options, fields), 1 },
	{ "f", "-f                     follow a recording that is being made", offsetof(struct options, follow), 0 },
	{ "fields", NULL, offsetof(struct options, fields), 1 },
	{ "follow", NULL, offsetof(struct options, follow), 0 },
	{ "field", "--field NAME           one field alone, for scripts", offsetof(struct options, field), 1 },
	{ "after", "--after CURSOR         what is behind a cursor, as --cursor-file keeps it",
	  offsetof(struct options, after), 1 },
	{ "cursor-file", "--cursor-file FILE     go on behind the cursor in FILE, and leave the new one there",
	  offsetof(struct options, cursor_file), 1 },
	{ "no-pager", "--no-pager             on a terminal too", offsetof(struct options, no_pager), 0 },
	{ "top", "--top N                the N slowest requests", offsetof(struct options, top), 1 },
	{ "hist", "--hist                 latencies and queue depth as histograms", offsetof(struct options, hist), 0 },
	{ "by", "--by dev,op,size       how requests are grouped", offsetof(struct options, by), 1 },
	{ "chrome", "--chrome               JSON for ui.perfetto.dev and chrome://tracing",
	  offsetof(struct options, chrome), 0 },
	{ "folded", "--folded               calls that submit requests, for flame graphs",
	  offsetof(struct options, folded), 0 },
	{ "html", "--html                 one page with timeline, latencies and queue depth",
	  offsetof(struct options, html), 0 },
	{ "time", "--time insns|ns        what --chrome's time is", offsetof(struct options, time), 1 },
	{ "weight", "--weight requests|bytes|ns  what --folded counts", offsetof(struct options, weight), 1 },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void begin_line(const char *format, va_list arguments)
{
	out_flush();
	fputs("rrio: ", stderr);
	vfprintf(stderr, format, arguments);
}

void say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	begin_line(format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

enum status say_at(const char *word, size_t at, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	begin_line(format, arguments);
	va_end(arguments);
	fputs("\nrrio:   ", stderr);
	print_safe(word, stderr);
	fprintf(stderr, "\nrrio:   %*s^\n", (int)at, "");
	return USAGE;
}

enum status out_of_memory(void)
{
	say("no memory left");
	return NO_RECORDING;
}

void print_safe(const char *text, FILE *out)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == 0x7f)
			fprintf(out, "\\x%02x", c);
		else
			fputc(c, out);
	}
}

static bool takes(const struct command *command, const char *name)
{
	char word[32];

	snprintf(word, sizeof(word), " %s ", name);
	return strstr(command->takes, word);
}

static void usage_of(const struct command *command)
{
	for (int i = 0; i < ROWS; i++)
		if (rows[i].help && takes(command, rows[i].name) && strcmp(rows[i].name, "o"))
			printf("      %s\n", rows[i].help);
}

static void usage(void)
{
	puts("usage: rrio-inspect COMMAND [OPTION]... [RECORDING] [SELECTION]...");
	for (int i = 0; i < COMMANDS; i++) {
		printf("  %-34s %s\n", commands[i]->synopsis, commands[i]->does);
		usage_of(commands[i]);
	}
	puts("  --help, --version\n"
	     "\n"
	     "RECORDING is a folder, a journal, a name from `rrio ls`, or absent for the latest recording.");
	select_help();
	puts("Exit status: 0 fine, 1 a finding (damaged, differs, diverged), 2 usage, 65 not a recording or not\n"
	     "readable, 70 a bug in rrio.");
}

static enum status wrong(const char *what, const char *value)
{
	say("%s %s; see: rrio-inspect --help", what, value);
	return USAGE;
}

/* getopt's answer is '?' for an option that it does not know, with optopt for a short one. */
static enum status no_option(const struct command *command, const char *word, const char *name)
{
	char letter[] = { '-', (char)optopt, 0 }, option[32];

	if (name) {
		snprintf(option, sizeof(option), "%s%s", name[1] ? "--" : "-", name);
		word = option;
	} else if (optopt && word[0] == '-' && word[1] != '-') {
		word = letter;
	}
	say("%s has no option %s; see: rrio-inspect --help", command->name, word);
	return USAGE;
}

/* What getopt has found is one of the rows, or NULL. */
static const struct option_row *row_of(int option)
{
	char name[2] = { (char)option, 0 };

	if (option >= FIRST_LONG)
		return &rows[option - FIRST_LONG];
	for (int i = 0; i < ROWS; i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

enum { GO_ON = -1 };

/* One option: GO_ON, or the status to end with. */
static int take_option(const struct command *command, struct options *options, int option, char **argv)
{
	const struct option_row *row = row_of(option);

	if (option == 'h') {
		usage();
		return FINE;
	}
	if (option == 'V') {
		puts("rrio-inspect " RRIO_VERSION);
		return FINE;
	}
	if (option == ':')
		return (int)wrong("a value is missing behind", argv[optind - 1]);
	if (!row || !takes(command, row->name))
		return (int)no_option(command, argv[optind - 1], row ? row->name : NULL);
	*(const char **)((char *)options + row->at) = row->has_value ? optarg : row->name;
	return GO_ON;
}

/* The words: the first one is the recording, unless it can only be something else. */
static enum status take_words(const struct command *command, struct options *options, char **words)
{
	if (*words && !**words)
		return wrong("no recording is called", "\"\"");
	if (*words && (command->words != SELECTION || recording_exists(*words) || !select_looks_like(*words)))
		options->recording = *words++;
	options->words = words;
	if (command->words == ONE_RECORDING && *words)
		return wrong("one recording at a time, not also", *words);
	if (command->words == TWO_RECORDINGS && (!*words || words[1]))
		return wrong("two recordings are compared:", "rrio-inspect diff A B");
	return FINE;
}

static enum status run(const struct command *command, int argc, char **argv)
{
	struct option longs[ROWS + 3] = { { "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' } };
	struct options options = { 0 };
	enum status status;
	int option, n = 2;

	for (int i = 0; i < ROWS; i++)
		if (rows[i].name[1])
			longs[n++] = (struct option){ rows[i].name, rows[i].has_value, NULL, FIRST_LONG + i };
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":ho:F:f", longs, NULL)) != -1) {
		int end = take_option(command, &options, option, argv);

		if (end != GO_ON)
			return (enum status)end;
	}
	status = take_words(command, &options, argv + optind);
	return status ? status : command->run(&options);
}

/* What did not get out is a failure, unless nobody wanted it: `| head` closes its end early. */
static enum status flushed(enum status status)
{
	int error = out_end();

	if (!error || error == EPIPE)
		return status;
	say("cannot write the output: %s", strerror(error));
	return NO_RECORDING;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN); /* writing fails then, and what was found is still the status */
	if (argc < 2 || argv[1][0] == '-')
		return (int)flushed(run(&command_dump, argc, argv));
	for (int i = 0; i < COMMANDS; i++)
		if (!strcmp(argv[1], commands[i]->name))
			return (int)flushed(run(commands[i], argc - 1, argv + 1));
	if (recording_exists(argv[1]))
		return (int)flushed(run(&command_dump, argc, argv));
	return (int)wrong("there is no command and no recording", argv[1]);
}
