// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * verify.c - rrio-inspect verify: is this journal good, and how far can it be replayed?
 *
 * One thread; reads the whole journal. A torn or cut end is normal (the emulator was killed), damage is a finding.
 */
#include <inttypes.h>

#include "inspect.h"

static void tell_end(const struct recording *r, const struct rrj_end *end)
{
	uint64_t offset = rrj_reader_offset(r->reader);

	if (rrj_reader_state(r->reader) == RRJ_EARLY)
		printf("%s: ends early at byte %" PRIu64 "; can be replayed up to instruction %" PRId64 " (%" PRIu64
		       " turns)\n",
		       r->path, offset, r->icount, r->turns);
	else if (end->turns > r->turns)
		printf("%s: ok, but its last %" PRIu64
		       " turns could not be written; can be replayed up to instruction %" PRId64 " (%" PRIu64
		       " turns)\n",
		       r->path, end->turns - r->turns, r->icount, r->turns);
	else
		printf("%s: ok; can be replayed to its end, instruction %" PRId64 " (%" PRIu64 " turns)\n", r->path,
		       r->icount, r->turns);
}

static enum status verify(const struct options *options)
{
	struct recording recording;
	struct rrj_record record;
	struct rrj_end end = { 0 };
	enum status status = recording_open(&recording, options->recording);
	int found;

	if (status)
		return status;
	while ((found = recording_next(&recording, &record)) > 0)
		if (record.type == RRJ_END)
			end = record.end;
	status = recording_status(&recording, found);
	if (status == FINE)
		tell_end(&recording, &end);
	recording_close(&recording);
	return status;
}

const struct command command_verify = {
	.name = "verify",
	.synopsis = "verify",
	.does = "is the journal good, and how far can it be replayed",
	.takes = "",
	.words = ONE_RECORDING,
	.run = verify,
};
