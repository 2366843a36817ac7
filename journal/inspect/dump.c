// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dump.c - rrio-inspect dump: every record on a line, in columns.
 *
 * One thread; memory only for the files' names. What is before damage is shown, then the damage is told.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "inspect.h"

enum { NAME_SIZE = 13, FILES_MAX = 1 << 16 };

struct dump {
	struct rrj_turn turn; /* the last */
	int64_t start_ns;
	char (*names)[NAME_SIZE];
	uint32_t files, room;
};

/* Up to the fourth column, for a line that is no request. */
static void lead(const char *kind, const char *what)
{
	printf("%7s %-6s %14s %-8s ", "", kind, "", what);
}

static void dump_start(struct dump *d, const struct rrj_start *start)
{
	d->start_ns = start->mono_ns;
	lead("", "start");
	printf("rrio ");
	print_safe(start->rrio_version, stdout);
	printf(", ");
	print_safe(start->emulator, stdout);
	printf(" ");
	print_safe(start->emulator_version, stdout);
	printf(", data %s\n", rrj_data_name(start->data));
}

/* Files are numbered 1, 2, …; a number out of turn just has no name. */
static void remember(struct dump *d, const struct rrj_file *file)
{
	const char *slash = strrchr(file->path, '/');

	if (file->id != d->files + 1 || d->files == FILES_MAX)
		return;
	if (d->files == d->room) {
		uint32_t room = d->room ? 2 * d->room : 16;
		void *names = realloc(d->names, room * sizeof(*d->names));

		if (!names)
			return;
		d->names = names;
		d->room = room;
	}
	snprintf(d->names[d->files], NAME_SIZE, "%s", slash && slash[1] ? slash + 1 : file->path);
	for (char *c = d->names[d->files]; *c; c++)
		*c = (unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c;
	d->files++;
}

static void dump_file(struct dump *d, const struct rrj_file *file)
{
	remember(d, file);
	lead("", "file");
	printf("%" PRIu32 " ", file->id);
	print_safe(file->path, stdout);
	printf(", %" PRIu64 " bytes%s%s%s\n", file->size, file->flags & RRJ_FILE_TEMPORARY ? ", temporary" : "",
	       file->flags & RRJ_FILE_READ_ONLY ? ", read-only" : "", file->flags & RRJ_FILE_DEVICE ? ", device" : "");
}

static void dump_turn(struct dump *d, const struct rrj_turn *turn)
{
	double seconds = (double)((uint64_t)turn->mono_ns - (uint64_t)d->start_ns) / 1e9;

	d->turn = *turn;
	printf("%7s %-6s %14" PRId64 " %-8s %-12" PRIu64 " %+12.6f s, releases %" PRIu32, "", rrj_kind_name(turn->kind),
	       turn->icount, "turn", turn->seq, seconds, turn->releases);
	if (turn->loop)
		printf(", iothread %" PRIu32, turn->loop);
	putchar('\n');
}

static const char *file_name(const struct dump *d, uint32_t file, char buffer[NAME_SIZE])
{
	if (!file)
		return "-";
	if (file <= d->files)
		return d->names[file - 1];
	snprintf(buffer, NAME_SIZE, "%" PRIu32, file);
	return buffer;
}

static void print_result(int64_t result)
{
	const char *name = result < 0 && result > -4096 ? strerrorname_np((int)-result) : NULL;

	if (name)
		printf(" -%-7s", name);
	else
		printf(" %8" PRId64, result);
}

static void print_latency(int64_t ns)
{
	static const struct unit {
		int64_t upto;
		double size;
		const char *name;
	} units[] = { { 1000, 1, "ns" }, { 1000000, 1e3, "us" }, { 1000000000, 1e6, "ms" }, { INT64_MAX, 1e9, "s" } };
	const struct unit *unit = units;

	while (ns >= unit->upto && unit->upto < INT64_MAX)
		unit++;
	printf(" %*.*f%s", 7 - (int)strlen(unit->name), unit->size > 1 ? 1 : 0, (double)ns / unit->size, unit->name);
}

static void dump_request(struct dump *d, const struct rrj_request *request)
{
	char buffer[NAME_SIZE];

	printf("%7" PRIu64 " %-6s %14" PRId64 " %-8s %-12s %12" PRIu64 " %8" PRIu64, request->ticket,
	       rrj_kind_name(d->turn.kind), d->turn.icount, rrj_op_name(request->op),
	       file_name(d, request->file, buffer), request->offset, request->length);
	print_result(request->result);
	print_latency(request->latency_ns);
	if (request->submit_icount < 0)
		printf(" %8s\n", "-");
	else
		printf(" %8" PRId64 "\n", (int64_t)((uint64_t)d->turn.icount - (uint64_t)request->submit_icount));
}

static void dump_input(struct dump *d, const struct rrj_input *input)
{
	const uint8_t *bytes = input->data;
	struct rrj_signal signal;

	(void)d;
	lead("", "input");
	if (input->source == RRJ_SIGNAL) {
		memcpy(&signal, input->data, sizeof(signal));
		printf("signal %" PRId32 ", code %" PRId32 ", from process %" PRId32 " of user %" PRIu32 "\n",
		       signal.signo, signal.code, signal.pid, signal.uid);
		return;
	}
	printf("%s, %zu bytes ", rrj_source_name(input->source), input->size);
	for (size_t i = 0; i < input->size && i < 12; i++)
		printf("%02x", bytes[i]);
	puts(input->size > 12 ? "..." : "");
}

static void dump_note(struct dump *d, const struct rrj_note *note)
{
	(void)d;
	lead("", "note");
	print_safe(note->id, stdout);
	printf(": ");
	print_safe(note->text, stdout);
	putchar('\n');
}

static void dump_end(struct dump *d, const struct rrj_end *end)
{
	(void)d;
	printf("%7s %-6s %14" PRId64 " %-8s ", "", "", end->icount, "end");
	print_safe(end->cause, stdout);
	printf(" after %" PRIu64 " turns, %" PRIu64 " requests, %" PRIu64 " inputs\n", end->turns, end->requests,
	       end->inputs);
}

static void dump_record(struct dump *d, const struct rrj_record *record)
{
	switch (record->type) {
	case RRJ_START:
		dump_start(d, &record->start);
		break;
	case RRJ_FILE:
		dump_file(d, &record->file);
		break;
	case RRJ_TURN:
		dump_turn(d, &record->turn);
		break;
	case RRJ_REQUEST:
		dump_request(d, &record->request);
		break;
	case RRJ_INPUT:
		dump_input(d, &record->input);
		break;
	case RRJ_NOTE:
		dump_note(d, &record->note);
		break;
	case RRJ_END:
		dump_end(d, &record->end);
		break;
	case RRJ_STACK:
	case RRJ_TYPES:
		break;
	}
}

static enum status dump(const struct options *options)
{
	struct recording recording;
	struct dump d = { 0 };
	struct rrj_record record;
	enum status status = recording_open(&recording, options->recording);
	int found;

	if (status)
		return status;
	printf("%7s %-6s %14s %-8s %-12s %12s %8s %8s %7s %8s\n", "TICKET", "KIND", "INSTRUCTION", "WHAT", "FILE",
	       "OFFSET", "LENGTH", "RESULT", "LATENCY", "IN INSNS");
	while ((found = recording_next(&recording, &record)) > 0 && !ferror(stdout))
		dump_record(&d, &record);
	if (!found && rrj_reader_state(recording.reader) == RRJ_EARLY) {
		lead("", "early");
		printf("the recording ends here, at byte %" PRIu64 " of %s, without an end record\n",
		       rrj_reader_offset(recording.reader), rrj_reader_file(recording.reader));
	}
	status = recording_status(&recording, found);
	recording_close(&recording);
	free(d.names);
	return status;
}

const struct command command_dump = {
	.name = "dump",
	.synopsis = "dump",
	.does = "every turn, request, input, file and note (without a command: this)",
	.run = dump,
};
