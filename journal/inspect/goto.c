// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * goto.c - rrio-inspect goto: the commands that replay up to just before a request is released, and stop there.
 *
 * One thread. It prints commands, and starts none.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "select.h"

/* So that a shell takes it as one word. */
static void print_word(const char *word)
{
	const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,@+";

	if (*word && strspn(word, plain) == strlen(word)) {
		out_raw(word);
		return;
	}
	out_char('\'');
	for (; *word; word++) {
		if (*word == '\'')
			out_raw("'\\''");
		else
			out_char(*word);
	}
	out_char('\'');
}

static void print_request(struct view *view)
{
	const struct rrj_request *request = &view->event.record.request;

	out_format("# request %" PRIu64 ": %s of ", request->ticket, rrj_op_name(request->op));
	out_text(names_file(&view->names, request->file), 0);
	out_format(", offset %" PRIu64 ", %" PRIu64 " bytes\n", request->offset, request->length);
	if (request->submit_icount >= 0) {
		char insns[QUANTITY_SIZE];

		out_format("# submitted at instruction %" PRId64 ", %s instructions before its release\n",
			   request->submit_icount, quantity_count(insns, (double)event_insns(&view->event)));
	}
	out_format("# released at instruction %" PRId64 ", in turn %" PRIu64 " (%s)\n", view->event.icount,
		   view->event.turn.seq, rrj_kind_name(view->event.turn.kind));
}

static void print_commands(const struct view *view)
{
	int64_t before = view->event.icount > 0 ? view->event.icount - 1 : 0;

	out_format("\n# replay to just before it, and stop there with a gdb server:\nrrio replay --until %" PRId64
		   " --gdb 1234 ",
		   before);
	print_word(view->recording.path);
	out_raw("\n\n# then, elsewhere:\ngdb -ex 'target remote localhost:1234'\n"
		"\n# or without gdb, with a monitor: \"cont\" there goes on\n");
	out_format("rrio replay --until %" PRId64 " ", before);
	print_word(view->recording.path);
	out_raw(" -- -qmp unix:qmp.sock,server=on,wait=off\n"
		"printf '%s\\n' '{\"execute\":\"qmp_capabilities\"}' '{\"execute\":\"query-status\"}' "
		"'{\"execute\":\"cont\"}' |"
		" socat - UNIX-CONNECT:qmp.sock\n"
		"\n# what happened around it:\nrrio-inspect dump ");
	print_word(view->recording.path);
	out_format(" r%" PRIu64 "+-3t\n", view->event.record.request.ticket);
}

static enum status find_request(struct view *view, uint64_t ticket)
{
	enum status status;

	while (view_next(view))
		if (view->event.record.type == RRJ_REQUEST && view->event.record.request.ticket == ticket) {
			print_request(view);
			print_commands(view);
			return FINE;
		}
	status = view_status(view);
	if (!status)
		say("%s has no request %" PRIu64 "; rrio-inspect dump %s shows them", view->recording.path, ticket,
		    view->recording.path);
	return status ? status : USAGE;
}

/* [RECORDING] REQUEST. */
static enum status go(const struct options *options)
{
	struct view view;
	uint64_t ticket;
	enum status status;

	if (!options->words[0] || options->words[1]) {
		say("goto takes one request: rrio-inspect goto [RECORDING] r17");
		return USAGE;
	}
	status = select_request(options->words[0], &ticket);
	status = status ? status : view_open(&view, options->recording);
	if (status)
		return status;
	status = find_request(&view, ticket);
	view_close(&view);
	return status;
}

const struct command command_goto = {
	.name = "goto",
	.synopsis = "goto [RECORDING] r17",
	.does = "the commands that stop just before request 17 is released",
	.takes = "",
	.words = SELECTION,
	.run = go,
};
