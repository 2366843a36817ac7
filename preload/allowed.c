/* SPDX-License-Identifier: GPL-2.0-or-later */
/* allowed.c - the table of allowed.h. The vCPU thread, while it holds the guest. */
#include "allowed.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "../hooks/emulator.h"
#include "message.h"

/*
 * The first row that fits counts. gdb's packets fit by their beginning. A command has to be the whole word; a row of two
 * words is for that first argument. Not there: what writes (M X G P), gdb's own system calls (F), HMP's o and i (ports'
 * registers change when they are read), what makes disk requests of its own (info snapshots).
 */
static const struct row {
	enum allowed_in in;
	const char *name;
	enum verdict verdict;
} rows[] = {
	{ ALLOWED_GDB, "vKill", VERDICT_QUIT },
	{ ALLOWED_GDB, "vCont?", VERDICT_PASS },
	{ ALLOWED_GDB, "vCont", VERDICT_STEP },
	{ ALLOWED_GDB, "vAttach", VERDICT_PASS },
	{ ALLOWED_GDB, "vMustReplyEmpty", VERDICT_PASS },
	{ ALLOWED_GDB, "vFile", VERDICT_PASS },
	{ ALLOWED_GDB, "qRcmd,", VERDICT_NEST },
	{ ALLOWED_GDB, "?", VERDICT_PASS },
	{ ALLOWED_GDB, "!", VERDICT_PASS },
	{ ALLOWED_GDB, "c", VERDICT_GO },
	{ ALLOWED_GDB, "C", VERDICT_GO },
	{ ALLOWED_GDB, "s", VERDICT_STEP },
	{ ALLOWED_GDB, "S", VERDICT_STEP },
	{ ALLOWED_GDB, "D", VERDICT_GO },
	{ ALLOWED_GDB, "k", VERDICT_QUIT },
	{ ALLOWED_GDB, "g", VERDICT_PASS },
	{ ALLOWED_GDB, "p", VERDICT_PASS },
	{ ALLOWED_GDB, "m", VERDICT_PASS },
	{ ALLOWED_GDB, "H", VERDICT_PASS },
	{ ALLOWED_GDB, "T", VERDICT_PASS },
	{ ALLOWED_GDB, "z", VERDICT_PASS },
	{ ALLOWED_GDB, "Z", VERDICT_PASS },
	{ ALLOWED_GDB, "q", VERDICT_PASS },
	{ ALLOWED_GDB, "Q", VERDICT_PASS },
	{ ALLOWED_GDB, "bc", VERDICT_PASS },
	{ ALLOWED_GDB, "bs", VERDICT_PASS },

	{ ALLOWED_HMP, "info snapshots", VERDICT_REFUSE },
	{ ALLOWED_HMP, "info block", VERDICT_PASS },
	{ ALLOWED_HMP, "info", VERDICT_PASS },
	{ ALLOWED_HMP, "help", VERDICT_PASS },
	{ ALLOWED_HMP, "?", VERDICT_PASS },
	{ ALLOWED_HMP, "x", VERDICT_PASS },
	{ ALLOWED_HMP, "xp", VERDICT_PASS },
	{ ALLOWED_HMP, "p", VERDICT_PASS },
	{ ALLOWED_HMP, "print", VERDICT_PASS },
	{ ALLOWED_HMP, "gva2gpa", VERDICT_PASS },
	{ ALLOWED_HMP, "gpa2hva", VERDICT_PASS },
	{ ALLOWED_HMP, "memsave", VERDICT_PASS },
	{ ALLOWED_HMP, "pmemsave", VERDICT_PASS },
	{ ALLOWED_HMP, "log", VERDICT_PASS },
	{ ALLOWED_HMP, "logfile", VERDICT_PASS },
	{ ALLOWED_HMP, "trace-event", VERDICT_PASS },
	{ ALLOWED_HMP, "stop", VERDICT_STOP },
	{ ALLOWED_HMP, "s", VERDICT_STOP },
	{ ALLOWED_HMP, "cont", VERDICT_GO },
	{ ALLOWED_HMP, "c", VERDICT_GO },
	{ ALLOWED_HMP, "quit", VERDICT_QUIT },
	{ ALLOWED_HMP, "q", VERDICT_QUIT },

	{ ALLOWED_QMP, "qmp_capabilities", VERDICT_HELLO },
	{ ALLOWED_QMP, "stop", VERDICT_STOP },
	{ ALLOWED_QMP, "cont", VERDICT_GO },
	{ ALLOWED_QMP, "quit", VERDICT_QUIT },
	{ ALLOWED_QMP, "human-monitor-command", VERDICT_NEST },
	{ ALLOWED_QMP, "query-status", VERDICT_PASS },
	{ ALLOWED_QMP, "query-version", VERDICT_PASS },
	{ ALLOWED_QMP, "query-name", VERDICT_PASS },
	{ ALLOWED_QMP, "query-uuid", VERDICT_PASS },
	{ ALLOWED_QMP, "query-commands", VERDICT_PASS },
	{ ALLOWED_QMP, "query-qmp-schema", VERDICT_PASS },
	{ ALLOWED_QMP, "query-cpus-fast", VERDICT_PASS },
	{ ALLOWED_QMP, "query-hotpluggable-cpus", VERDICT_PASS },
	{ ALLOWED_QMP, "query-machines", VERDICT_PASS },
	{ ALLOWED_QMP, "query-target", VERDICT_PASS },
	{ ALLOWED_QMP, "query-memory-size-summary", VERDICT_PASS },
	{ ALLOWED_QMP, "query-memory-devices", VERDICT_PASS },
	{ ALLOWED_QMP, "query-memdev", VERDICT_PASS },
	{ ALLOWED_QMP, "query-pci", VERDICT_PASS },
	{ ALLOWED_QMP, "query-chardev", VERDICT_PASS },
	{ ALLOWED_QMP, "query-iothreads", VERDICT_PASS },
	{ ALLOWED_QMP, "query-block", VERDICT_PASS },
	{ ALLOWED_QMP, "query-blockstats", VERDICT_PASS },
	{ ALLOWED_QMP, "query-kvm", VERDICT_PASS },
	{ ALLOWED_QMP, "qom-list", VERDICT_PASS },
	{ ALLOWED_QMP, "qom-list-types", VERDICT_PASS },
	{ ALLOWED_QMP, "qom-list-properties", VERDICT_PASS },
	{ ALLOWED_QMP, "qom-get", VERDICT_PASS },
	{ ALLOWED_QMP, "device-list-properties", VERDICT_PASS },
	{ ALLOWED_QMP, "memsave", VERDICT_PASS },
	{ ALLOWED_QMP, "pmemsave", VERDICT_PASS },
};

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

/* Are the row's words the first ones of what was asked for? Between two of them there may be more blanks. */
static bool words_fit(const char *row, const char *what)
{
	for (;;) {
		size_t length = strcspn(row, " ");

		what = skip_blanks(what);
		if (strncmp(row, what, length) != 0 || !strchr(" \t/", what[length]))
			return false;
		if (!row[length])
			return true;
		row += length + 1;
		what += length;
	}
}

enum verdict allowed(enum allowed_in in, const char *what)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		if (row->in == in && (in == ALLOWED_GDB ? !strncmp(what, row->name, strlen(row->name)) :
							  words_fit(row->name, what)))
			return row->verdict;
	}
	return VERDICT_REFUSE;
}

const char *allowed_refuse(const char *who, const char *what)
{
	static char text[256];

	snprintf(text, sizeof(text), "%.64s could change the guest, so that it would not be the recorded run", what);
	message(MODULE_MAIN, MESSAGE_WARN,
		"%s, at guest instruction %" PRId64 ": %s; it is refused, and the replay stays exact [refused]", who,
		emu.icount_raw(), text);
	return text;
}
