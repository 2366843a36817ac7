/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report.c - divergence.json: what was expected, what happened, what came before, what each thread does.
 *
 * Runs in the thread that ends the process, which may hold the turnstile's lock. It allocates: threads are stopped only
 * for moments (stacks.c), so none of them keeps a lock of the allocator's. Should it hang all the same, the watch ends
 * the process (watch.c). The file replaces an earlier one at once, or not at all.
 */
#include "report.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "interpose.h"
#include "message.h"
#include "stacks.h"
#include "tape.h"
#include "trail.h"
#include "uncontrolled.h"

enum { EVENTS = 20, VERSION = 1 };

#define NAME "divergence.json"

static json_t *now(void)
{
	struct timespec at;
	struct tm utc;
	char text[40];

	real.clock_gettime(CLOCK_REALTIME, &at);
	gmtime_r(&at.tv_sec, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	return json_string(text);
}

/* A name from outside need not be UTF-8. */
static json_t *string(const char *text)
{
	json_t *value = text ? json_string(text) : json_null();
	char copy[4096];

	if (value)
		return value;
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *c = copy; *c; c++)
		*c = (unsigned char)*c < 0x80 ? *c : '?';
	return json_string(copy);
}

static json_t *values(const struct difference *differences, bool expected)
{
	json_t *object = json_object();

	for (int i = 0; i < DIFFERENCES && differences[i].what; i++) {
		const struct difference *d = &differences[i];
		const char *text = expected ? d->expected_text : d->actual_text;
		json_t *value = json_integer(expected ? d->expected : d->actual);

		if (d->expected_text || d->actual_text)
			value = string(text);
		json_object_set_new(object, d->what, value);
	}
	return object;
}

static json_t *request(const struct divergence *divergence)
{
	const struct rrj_request *r = divergence->request;

	if (!r)
		return json_null();
	return json_pack("{s:I, s:o, s:s, s:I, s:I}", "ticket", (json_int_t)r->ticket, "file", string(divergence->file),
			 "op", rrj_op_name(r->op), "offset", (json_int_t)r->offset, "length", (json_int_t)r->length);
}

static json_t *events(void)
{
	size_t kept = trail_kept();
	json_t *array = json_array();

	for (size_t i = kept > EVENTS ? kept - EVENTS : 0; i < kept; i++) {
		char text[256] = "";

		trail_describe(i, text, sizeof(text));
		json_array_append_new(array, string(text));
	}
	return array;
}

static json_t *frame(void *address)
{
	const char *name;
	char text[512];
	Dl_info info;

	if (!dladdr(address, &info) || !info.dli_fname) {
		snprintf(text, sizeof(text), "%p", address);
		return json_string(text);
	}
	name = strrchr(info.dli_fname, '/');
	name = name ? name + 1 : info.dli_fname;
	if (info.dli_sname)
		snprintf(text, sizeof(text), "%s+0x%zx (%s+0x%zx)", info.dli_sname,
			 (size_t)((char *)address - (char *)info.dli_saddr), name,
			 (size_t)((char *)address - (char *)info.dli_fbase));
	else
		snprintf(text, sizeof(text), "%s+0x%zx", name, (size_t)((char *)address - (char *)info.dli_fbase));
	return string(text);
}

static json_t *thread(const struct stack *stack)
{
	json_t *frames = json_array();

	for (int i = 0; stack->answered && i < stack->count; i++)
		json_array_append_new(frames, frame(stack->frames[i]));
	if (!json_array_size(frames))
		json_array_append_new(frames, string(stack->kernel));
	return json_pack("{s:o, s:i, s:s, s:o}", "name", string(stack->name), "tid", (int)stack->tid, "role",
			 stacks_role(stack), "frames", frames);
}

static json_t *threads(void)
{
	unsigned n = 0;
	const struct stack *stacks = stacks_take(&n);
	json_t *array = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(array, thread(&stacks[i]));
	return array;
}

static json_t *registers(void)
{
	char *text = check_registers_text();
	json_t *value = string(text);

	free(text);
	return value;
}

static json_t *notes(void)
{
	json_t *array = json_array();

	for (unsigned i = 0; uncontrolled_recorded(i); i++)
		json_array_append_new(array, string(uncontrolled_recorded(i)));
	return array;
}

static json_t *report(const struct divergence *d, const char *text)
{
	return json_pack("{s:i, s:o, s:s, s:I, s:I, s:o, s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "version",
			 VERSION, "when", now(), "rrio_version", RRIO_VERSION, "icount", (json_int_t)d->icount, "turn",
			 (json_int_t)tape_turns(), "kind", d->kind ? json_string(rrj_kind_name(d->kind)) : json_null(),
			 "loop", (int)d->loop, "id", d->id, "text", string(text), "expected",
			 values(d->differences, true), "actual", values(d->differences, false), "request", request(d),
			 "events", events(), "threads", threads(), "registers", registers(), "notes", notes());
}

static int write_to(int dir, json_t *what)
{
	static const char temporary[] = NAME ".new";
	int fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int error = fd < 0 ? -errno : 0;

	if (!error && (!what || json_dumpfd(what, fd, JSON_INDENT(1)) || real.write(fd, "\n", 1) != 1))
		error = -EIO;
	if (fd >= 0)
		real.close(fd);
	if (!error && renameat(dir, temporary, dir, NAME))
		error = -errno;
	if (error && fd >= 0)
		unlinkat(dir, temporary, 0);
	return error;
}

void report_write(const struct divergence *divergence, const char *text)
{
	int error = write_to(tape_folder(), report(divergence, text));

	if (error)
		message(MODULE_MAIN, MESSAGE_ERROR, "the report %s/" NAME " could not be written: %s [report]",
			tape_dir(), strerror(-error));
}
