// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * folded.c - "outermost;…;innermost;operation WEIGHT": what flame graphs are drawn from.
 *
 * One thread; memory for a sum per chain of calls and operation.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "export.h"
#include "out.h"

enum { OPS = RRJ_COMPUTE + 1, MOST = 1 << 16, FRAMES = 256 };

struct sums {
	uint64_t (*by_stack)[OPS];
	uint32_t room;
	bool any;
};

static bool add(struct sums *sums, const struct rrj_request *request, enum weight weight)
{
	uint64_t value = weight == WEIGHT_REQUESTS ? 1
			 : weight == WEIGHT_BYTES  ? request->length
						   : (uint64_t)(request->latency_ns > 0 ? request->latency_ns : 0);
	uint32_t id = request->stack < MOST ? request->stack : 0, room = sums->room ? sums->room : 64;

	while (room <= id)
		room *= 2;
	if (room > sums->room) {
		void *grown = realloc(sums->by_stack, room * sizeof(*sums->by_stack));

		if (!grown)
			return false;
		sums->by_stack = grown;
		memset(sums->by_stack + sums->room, 0, (room - sums->room) * sizeof(*sums->by_stack));
		sums->room = room;
	}
	sums->by_stack[id][request->op % OPS] += value;
	sums->any |= id > 0;
	return true;
}

/* The function, or the place in its file: what has no semicolon. */
static void print_frame(const char *frame)
{
	const char *space = strchr(frame, ' '), *end, *slash;

	if (*frame != '?') {
		end = strchr(frame, '+');
	} else {
		slash = space ? strrchr(space, '/') : NULL;
		frame = slash ? slash + 1 : space ? space + 1 : frame;
		end = frame + strlen(frame);
	}
	for (; *frame && (!end || frame < end); frame++)
		out_char(*frame == ';' || *frame == ' ' || (unsigned char)*frame < 0x20 ? '_' : *frame);
}

static void print_chain(struct view *view, uint32_t id, const uint64_t weights[OPS])
{
	struct rrj_strings frames = names_stack(&view->names, id);
	const char *frame[FRAMES];
	int n = 0;

	for (size_t i = 0; i < frames.size && n < FRAMES; i += strlen(frames.bytes + i) + 1)
		frame[n++] = frames.bytes + i;
	for (int op = 0; op < OPS; op++) {
		if (!weights[op])
			continue;
		if (!n)
			out_raw("(unknown);");
		for (int i = n; i > 0; i--) {
			print_frame(frame[i - 1]);
			out_char(';');
		}
		out_raw(rrj_op_name((enum rrj_op)op));
		out_char(' ');
		out_unsigned(weights[op], 0);
		out_char('\n');
	}
}

enum status export_folded(struct view *view, struct selection *selection, enum weight weight)
{
	struct sums sums = { 0 };
	bool ok = true;

	while (ok && select_next(selection, view))
		if (view->event.record.type == RRJ_REQUEST)
			ok = add(&sums, &view->event.record.request, weight);
	for (uint32_t i = 0; ok && sums.any && i < sums.room; i++)
		print_chain(view, i, sums.by_stack[i]);
	free(sums.by_stack);
	if (!ok)
		return out_of_memory();
	if (sums.any)
		return view_status(view);
	say("%s holds no calls of these requests; they are recorded with: RRIO_BACKTRACE=1 rrio record ...",
	    view->recording.path);
	return FINDING;
}
