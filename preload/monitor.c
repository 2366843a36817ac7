/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * monitor.c - monitors at a replayed guest: HMP (RRIO_MONITOR) and QMP (RRIO_QMP), line by line.
 *
 * The vCPU thread, while it holds the guest. Commands are the emulator's own, called as functions: no monitor of the
 * emulator's knows of them, and none of its loops takes part. What may be called is in allowed.c; stop, cont and quit are
 * ours. It allocates, as the emulator does that runs here.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../hooks/emulator.h"
#include "allowed.h"
#include "live.h"
#include "message.h"
#include "tape.h"

enum { LINE = 64 << 10 };

#define PROMPT "(rrio) "

static _Noreturn void quit(const char *who)
{
	fflush(NULL);
	live_end();
	message_end(0,
		    "the replay of %s is ended by %s, at guest instruction %" PRId64 ", after turn %" PRIu64
		    ": everything until there is as recorded [ended-by-monitor]",
		    tape_dir(), who, emu.icount_raw(), tape_turns());
}

/* Lines of one connection. */
struct lines {
	char text[LINE];
	size_t used;
	bool skips; /* the rest of a line that was too long */
};

static void take_lines(struct lines *lines, const char *bytes, size_t size, void (*take)(const char *line))
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '\n' || bytes[i] == '\r') {
			lines->text[lines->used] = '\0';
			if (lines->used && !lines->skips)
				take(lines->text);
			lines->used = 0;
			lines->skips = false;
		} else if (lines->used < sizeof(lines->text) - 1) {
			lines->text[lines->used++] = bytes[i];
		} else {
			lines->skips = true;
		}
	}
}

/* A command of HMP's that has been looked at. Its output, to be freed, or NULL and why. */
static char *run_hmp(const char *line, char *why, size_t size)
{
	void *error = NULL;
	char *output = emu.hmp_command(line, false, 0, &error);

	if (error) {
		snprintf(why, size, "%s", emu.error_text(error));
		emu.error_free(error);
	}
	return output;
}

/* ---- HMP ---- */

static struct lines hmp_lines, qmp_lines;

static void print_hmp(const char *line)
{
	char why[256] = "";
	char *output = run_hmp(line, why, sizeof(why));

	live_print(LIVE_MONITOR, output ? output : why);
	free(output);
}

static void take_hmp(const char *line)
{
	switch (allowed(ALLOWED_HMP, line)) {
	case VERDICT_PASS:
		print_hmp(line);
		break;
	case VERDICT_STOP:
		stop_stay();
		break;
	case VERDICT_GO:
		stop_go(NULL);
		break;
	case VERDICT_QUIT:
		quit("a monitor");
	default:
		live_print(LIVE_MONITOR, allowed_refuse("monitor", line));
		live_print(LIVE_MONITOR, "\n");
		break;
	}
	live_print(LIVE_MONITOR, PROMPT);
}

static void hmp_opened(void)
{
	char text[256];

	snprintf(text, sizeof(text), "rrio " RRIO_VERSION " at guest instruction %" PRId64 ", after turn %" PRIu64 "\n" PROMPT,
		 emu.icount_raw(), tape_turns());
	hmp_lines.used = 0;
	live_print(LIVE_MONITOR, text);
}

static void hmp_said(const char *bytes, size_t size)
{
	take_lines(&hmp_lines, bytes, size, take_hmp);
}

const struct live_service live_monitor = { hmp_opened, hmp_said, NULL, NULL };

/* ---- QMP ---- */

static void send_json(json_t *answer)
{
	char *text = answer ? json_dumps(answer, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;

	if (text) {
		live_print(LIVE_QMP, text);
		live_print(LIVE_QMP, "\r\n");
	}
	free(text);
	json_decref(answer);
}

static json_t *with_id(json_t *answer, json_t *request)
{
	json_t *id = json_object_get(request, "id");

	if (answer && id)
		json_object_set(answer, "id", id);
	return answer;
}

static json_t *an_error(const char *class, const char *text)
{
	return json_pack("{s:{s:s,s:s}}", "error", "class", class, "desc", text);
}

static json_t *nothing(void)
{
	return json_pack("{s:{}}", "return");
}

static void let_go(struct emulator_object *object)
{
	if (--object->references == 0)
		emu.destroy_object(object);
}

/* The emulator answers. */
static void pass_qmp(const char *line, const char *name, json_t *request)
{
	const struct emulator_qmp_command *command = emu.qmp_find(emu.qmp_commands, name);
	struct emulator_string *text;
	struct emulator_object *object, *answer;
	void *error = NULL;

	/* It would need a turn of the main loop's to come to its end. */
	if (command && command->options & QMP_IN_COROUTINE) {
		send_json(with_id(an_error("GenericError", allowed_refuse("QMP", name)), request));
		return;
	}
	object = emu.from_json(line, &error);
	if (!object) {
		send_json(an_error("GenericError", error ? emu.error_text(error) : "no JSON"));
		if (error)
			emu.error_free(error);
		return;
	}
	answer = emu.qmp_dispatch(emu.qmp_commands, object, false, NULL);
	let_go(object);
	if (!answer)
		return;
	text = emu.to_json(answer);
	live_send(LIVE_QMP, text->text, text->length);
	live_print(LIVE_QMP, "\r\n");
	free(text->text);
	let_go(answer);
}

/* human-monitor-command: what counts is the command in it. */
static json_t *nested(json_t *request)
{
	const char *line = json_string_value(json_object_get(json_object_get(request, "arguments"), "command-line"));
	char why[256] = "";
	json_t *answer;
	char *output;

	if (!line)
		return an_error("GenericError", "Parameter 'command-line' is missing");
	if (allowed(ALLOWED_HMP, line) != VERDICT_PASS)
		return an_error("GenericError", allowed_refuse("QMP", line));
	output = run_hmp(line, why, sizeof(why));
	answer = output ? json_pack("{s:s}", "return", output) : an_error("GenericError", why);
	free(output);
	return answer;
}

static void answer_qmp(const char *line, const char *name, json_t *request)
{
	json_t *answer = nothing();

	switch (allowed(ALLOWED_QMP, name)) {
	case VERDICT_PASS:
		json_decref(answer);
		pass_qmp(line, name, request);
		return;
	case VERDICT_NEST:
		json_decref(answer);
		answer = nested(request);
		break;
	case VERDICT_STOP:
		stop_stay();
		break;
	case VERDICT_GO:
		stop_go(NULL);
		break;
	case VERDICT_QUIT:
		send_json(with_id(answer, request));
		quit("QMP");
	case VERDICT_HELLO:
		break;
	default:
		json_decref(answer);
		answer = an_error("GenericError", allowed_refuse("QMP", name));
		break;
	}
	send_json(with_id(answer, request));
}

static void take_qmp(const char *line)
{
	json_t *request = json_loads(line, 0, NULL);
	const char *name = json_string_value(json_object_get(request, "execute"));

	if (name)
		answer_qmp(line, name, request);
	else
		send_json(an_error("GenericError", request ? "QMP input lacks 'execute'" : "JSON parse error"));
	json_decref(request);
}

static void qmp_opened(void)
{
	struct emulator_version *version = emu.query_version ? emu.query_version(NULL) : NULL;

	qmp_lines.used = 0;
	send_json(json_pack("{s:{s:{s:{s:I,s:I,s:I},s:s},s:[]}}", "QMP", "version", "qemu", "major",
			    (json_int_t)(version ? version->qemu->major : 0), "minor",
			    (json_int_t)(version ? version->qemu->minor : 0), "micro",
			    (json_int_t)(version ? version->qemu->micro : 0), "package",
			    version && version->package ? version->package : "", "capabilities"));
}

static void qmp_said(const char *bytes, size_t size)
{
	take_lines(&qmp_lines, bytes, size, take_qmp);
}

/* As the emulator's own monitor tells it. */
static void qmp_stopped(enum stop_reason reason, void *cpu)
{
	struct timespec now;

	(void)reason, (void)cpu;
	clock_gettime(CLOCK_REALTIME, &now);
	send_json(json_pack("{s:{s:I,s:I},s:s}", "timestamp", "seconds", (json_int_t)now.tv_sec, "microseconds",
			    (json_int_t)(now.tv_nsec / 1000), "event", "STOP"));
}

const struct live_service live_qmp = { qmp_opened, qmp_said, qmp_stopped, NULL };
