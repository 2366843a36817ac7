// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * main.c - rrio-inspect: shows what a journal holds. The command line, the same for all subcommands.
 *
 * Owns stdout and stderr. Never writes to a recording that it reads. On failure: one line on stderr and an exit status of its kind.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <string.h>

#include "inspect.h"

static const struct command *const commands[] = { &command_dump, &command_info, &command_verify, &command_repair };

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]), FIELD = 256, VERSION };

void say(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("rrio: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
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

static void usage(void)
{
	puts("usage: rrio-inspect COMMAND [OPTION]... [RECORDING]");
	for (int i = 0; i < COMMANDS; i++)
		printf("  %-30s %s\n", commands[i]->synopsis, commands[i]->does);
	puts("  --help, --version\n"
	     "\n"
	     "RECORDING is a folder, a journal, a name from `rrio ls`, or absent for the latest recording.\n"
	     "Exit status: 0 fine, 1 a finding (damaged), 2 usage, 65 not a recording or not readable, 70 a bug in "
	     "rrio.");
}

static enum status wrong(const char *what, const char *value)
{
	say("%s %s; see: rrio-inspect --help", what, value);
	return USAGE;
}

static enum status set_output(struct options *options, const char *format)
{
	options->json = !strcmp(format, "json");
	return options->json || !strcmp(format, "text") ? FINE : wrong("-o takes text or json, not", format);
}

/* getopt's answer is '?' for an option that it does not know, with optopt for a short one. */
static enum status no_option(const struct command *command, int option, const char *word)
{
	char letter[] = { '-', (char)optopt, 0 };

	if (option == 'o')
		word = "-o";
	else if (option == FIELD)
		word = "--field";
	else if (optopt && word[0] == '-' && word[1] != '-')
		word = letter;
	say("%s has no option %s; see: rrio-inspect --help", command->name, word);
	return USAGE;
}

static enum status run(const struct command *command, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, VERSION },
		{ "output", required_argument, NULL, 'o' },
		{ "field", required_argument, NULL, FIELD },
		{ 0 },
	};
	struct options options = { 0 };
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":ho:", longs, NULL)) != -1) {
		if (option == 'h') {
			usage();
			return FINE;
		} else if (option == VERSION) {
			puts("rrio-inspect " RRIO_VERSION);
			return FINE;
		} else if (option == ':') {
			return wrong("a value is missing behind", argv[optind - 1]);
		} else if (option == FIELD && command->takes_field) {
			options.field = optarg;
		} else if (option == 'o' && command->takes_folder) {
			options.folder = optarg;
		} else if (option == 'o' && command->takes_output) {
			if (set_output(&options, optarg))
				return USAGE;
		} else {
			return no_option(command, option, argv[optind - 1]);
		}
	}
	if (argc - optind > 1)
		return wrong("one recording at a time, not also", argv[optind + 1]);
	options.recording = argv[optind];
	if (options.recording && !*options.recording)
		return wrong("no recording is called", "\"\"");
	return command->run(&options);
}

/* What did not get out is a failure, unless nobody wanted it: `| head` closes its end early. */
static enum status flushed(enum status status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	if (errno == EPIPE)
		return status;
	say("cannot write the output: %s", strerror(errno));
	return NO_RECORDING;
}

int main(int argc, char **argv)
{
	if (argc < 2 || argv[1][0] == '-')
		return (int)flushed(run(&command_dump, argc, argv));
	for (int i = 0; i < COMMANDS; i++)
		if (!strcmp(argv[1], commands[i]->name))
			return (int)flushed(run(commands[i], argc - 1, argv + 1));
	return (int)wrong("there is no command", argv[1]);
}
