/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cases.c - what is tried with a seed. Each case records, and then looks at what a replay makes of it.
 */
#include "driver.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FINDING = 1, UNREADABLE = 65, UNSUPPORTED = 69, OWN_FIRST = 10, OWN_LAST = 59 };

__attribute__((format(printf, 2, 3))) static bool fail(struct failure *failure, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(failure->why, sizeof(failure->why), format, arguments);
	va_end(arguments);
	return false;
}

static bool is_own(int status)
{
	return status >= OWN_FIRST && status <= OWN_LAST;
}

static int record(uint64_t seed)
{
	image_make(seed);
	return run(&(struct run){ .program = "qemu-system-toy",
				  .mode = "record",
				  .dir = "rec",
				  .trace = "trace",
				  .output = "record.output",
				  .seed = seed,
				  .jitter = seed * 2 + 1 });
}

/* The command line, and so the trace's name, is the recorded one. */
static int replay(uint64_t seed, const char *dir, unsigned number, const char *perturb)
{
	return run(&(struct run){ .program = "qemu-system-toy",
				  .mode = "replay",
				  .dir = dir,
				  .trace = "trace",
				  .output = "replay.output",
				  .perturb = perturb,
				  .seed = seed,
				  .jitter = seed * 2 + 1000003 * number });
}

static bool recorded(uint64_t seed, int *own, struct failure *failure)
{
	*own = record(seed);
	if (!is_own(*own))
		return fail(failure, "the recording ended with status %d, see record.output", *own);
	if (file_size("record.output"))
		return fail(failure, "the recording has said something, see record.output");
	if (rename("trace", "trace.recorded"))
		return fail(failure, "the recording has left no trace");
	return true;
}

static bool replays(uint64_t seed, struct failure *failure, unsigned *tried)
{
	int own;

	if (!recorded(seed, &own, failure))
		return false;
	for (unsigned number = 1; number <= 2; number++) {
		int status;

		image_make(seed);
		status = replay(seed, "rec", number, NULL);
		if (status != own)
			return fail(failure, "replay %u ended with status %d, recorded was %d, see replay.output",
				    number, status, own);
		if (!file_same("trace.recorded", "trace"))
			return fail(failure, "replay %u differs: trace and trace.recorded", number);
		if (file_size("replay.output"))
			return fail(failure, "replay %u has said something, see replay.output", number);
	}
	++*tried;
	return true;
}

/* Without rrio, two runs must differ, by the order and the time of completions alone: else nothing is tested here. */
static bool bare(uint64_t seed, struct failure *failure, unsigned *tried)
{
	static const char *const traces[] = { "trace.1", "trace.2" };

	for (unsigned i = 0; i < 2; i++) {
		int status;

		image_make(seed);
		status = run(&(struct run){ .program = "qemu-system-toy",
					    .trace = traces[i],
					    .output = "output",
					    .seed = seed,
					    .jitter = seed + i });
		if (!is_own(status))
			return fail(failure, "run %u ended with status %d, see output", i + 1, status);
	}
	if (file_same(traces[0], traces[1]))
		return fail(failure, "two runs without rrio are the same");
	++*tried;
	return true;
}

/* ---- deliberate differences ---- */

enum { ANY = 0xff, READ = 1 << 0, WRITE = 1 << 2, WITH_DATA = 0x0f };

static const struct difference {
	const char *name;
	unsigned ops; /* bits: 1 << enum disk_op of the request that is to differ */
	bool ring;    /* may it come through the ring? */
	bool random;  /* must randomness be asked for behind it? */
	bool late;    /* may it come where nobody sees it? */
	bool races;   /* is it named, and replay goes on? */
} differences[] = {
	{ .name = "data", .ops = WRITE, .ring = true, .races = true },
	{ .name = "image", .ops = READ, .ring = true, .late = true }, /* when it is read from the recording */
	{ .name = "order", .ops = WITH_DATA },
	{ .name = "count", .ops = ANY, .ring = true, .late = true },
	{ .name = "drop", .ops = ANY },
	{ .name = "random", .random = true },
	{ .name = "result", .ops = READ, .ring = true },
};

enum { DIFFERENCES = sizeof(differences) / sizeof(differences[0]) };

/* The recorded request that fits, as near to the middle as there is one; 0: none. */
static unsigned fitting_request(const struct difference *difference)
{
	char line[LINE], word[32];
	FILE *trace = fopen("trace.recorded", "re");
	unsigned numbers[4096], n = 0, last = 0;
	uint64_t value;

	while (trace && n < 4096 && fgets(line, sizeof(line), trace)) {
		bool submits =
			sscanf(line, "%31s cpu %*u at %*d: %" SCNx64, word, &value) == 2 && !strcmp(word, "submit");

		if (submits)
			last = (unsigned)(value >> 16);
		if (difference->random
			    ? !strcmp(word, "random") && last && (!n || numbers[n - 1] != last)
			    : submits && difference->ops & 1u << (value & 0xff) && (difference->ring || last % 3 == 1))
			numbers[n++] = last;
	}
	if (trace)
		fclose(trace);
	return n ? numbers[n / 2] : 0;
}

/* The report's request is the one that was made to differ: image, data and result are found at their release. */
static bool names_request(const struct difference *difference)
{
	if (strcmp(difference->name, "image") && strcmp(difference->name, "result"))
		return true;
	return file_has("rec/divergence.json", "\"id\": \"diverged-request\"") &&
	       file_has("rec/divergence.json", "\"op\": \"read\"");
}

static bool notices(uint64_t seed, int own, const struct difference *difference, struct failure *failure,
		    unsigned *tried)
{
	unsigned request = fitting_request(difference);
	char perturb[64];
	int status;

	if (!request)
		return true;
	snprintf(perturb, sizeof(perturb), "%s:%u", difference->name, request);
	image_make(seed);
	status = replay(seed, "rec", 1, perturb);
	if (difference->late && status == own && file_same("trace.recorded", "trace"))
		return true;
	if (difference->races ? !file_has("replay.output", "rrio: warning: racing write: request ")
			      : status != FINDING || !file_has("replay.output", "rrio: diverged at guest instruction "))
		return fail(failure, "with TOY_PERTURB=%s the replay ended with status %d, see replay.output", perturb,
			    status);
	if (!difference->races && !names_request(difference))
		return fail(failure, "with TOY_PERTURB=%s the report names something else, see rec/divergence.json",
			    perturb);
	++*tried;
	return true;
}

static bool differs(uint64_t seed, struct failure *failure, unsigned *tried)
{
	int own;

	if (!recorded(seed, &own, failure))
		return false;
	for (unsigned i = 0; i < DIFFERENCES; i++)
		if (!notices(seed, own, &differences[i], failure, tried))
			return false;
	return true;
}

static bool changed_image(uint64_t seed, struct failure *failure, unsigned *tried)
{
	int own, status;

	if (!recorded(seed, &own, failure))
		return false;
	image_make(seed);
	image_change();
	status = replay(seed, "rec", 1, NULL);
	++*tried;
	/* What the recorded run wrote to is in the recording, and read from there. */
	if (status == own)
		return file_same("trace.recorded", "trace") || fail(failure, "with a changed image, see trace");
	if (status != FINDING || !file_has("replay.output", "the image has been changed since it was recorded"))
		return fail(failure, "with a changed image the replay ended with status %d, see replay.output", status);
	return true;
}

/* ---- what does not come to its end, and what ends ---- */

/* A request that never finishes ends the replay, which names it; one that is only late does not. */
static bool hangs(uint64_t seed, struct failure *failure, unsigned *tried)
{
	static const struct difference any = { .name = "hang", .ops = ANY, .ring = true };
	unsigned request;
	char perturb[64];
	int own, status;

	if (!recorded(seed, &own, failure))
		return false;
	request = fitting_request(&any);
	snprintf(perturb, sizeof(perturb), "late:%u", request);
	image_make(seed);
	status = replay(seed, "rec", 1, perturb);
	if (status != own || !file_same("trace.recorded", "trace"))
		return fail(failure, "with a late request the replay ended with status %d, see replay.output", status);
	snprintf(perturb, sizeof(perturb), "hang:%u", request);
	image_make(seed);
	status = replay(seed, "rec", 1, perturb);
	if (status != FINDING || !file_has("replay.output", "rrio: replay hangs at guest instruction ") ||
	    !file_has("rec/divergence.json", "\"id\": \"hang-request\"") ||
	    !file_has("rec/divergence.json", "\"role\": \"worker\""))
		return fail(failure, "with TOY_PERTURB=%s the replay ended with status %d, see replay.output", perturb,
			    status);
	++*tried;
	return true;
}

/* A recording whose turn cannot start is given up, and the emulator goes on to its own end. */
static bool gives_up(uint64_t seed, struct failure *failure, unsigned *tried)
{
	int status;

	image_make(seed);
	status = run(&(struct run){ .program = "qemu-system-toy",
				    .mode = "record",
				    .dir = "rec",
				    .trace = "trace",
				    .output = "record.output",
				    .perturb = "stuck:7",
				    .seed = seed,
				    .jitter = seed });
	if (!is_own(status) || !file_has("record.output", "[gave-up]"))
		return fail(failure, "the recording ended with status %d, see record.output", status);
	if (rename("trace", "trace.recorded"))
		return fail(failure, "the recording has left no trace");
	image_make(seed);
	status = replay(seed, "rec", 1, NULL);
	if (status || !file_has("replay.output", "[ends-early]") || !file_begins("trace.recorded", "trace"))
		return fail(failure, "the replay ended with status %d, see replay.output", status);
	++*tried;
	return true;
}

static const struct end {
	const char *name;
	int status;
	bool early; /* does its recording end there, for its replay too? */
} endings[] = {
	{ "abort", SIGNALLED + SIGABRT, true },
	{ "kill", SIGNALLED + SIGKILL, true },
	{ "leave", 61, true },
	{ "exit", 62, false },
	{ "unload", 63, false },
};

static bool ends_by(uint64_t seed, const struct end *end, struct failure *failure)
{
	char perturb[64];
	struct run what = { .program = "qemu-system-toy",
			    .mode = "record",
			    .dir = end->name,
			    .trace = "trace",
			    .output = "record.output",
			    .perturb = perturb,
			    .seed = seed,
			    .jitter = seed };
	int status;

	snprintf(perturb, sizeof(perturb), "%s:5", end->name);
	image_make(seed);
	status = run(&what);
	if (status != end->status)
		return fail(failure, "%s: the recording ended with status %d, see record.output", end->name, status);
	image_make(seed);
	/* What ended by itself does so again; what was killed is replayed to there. */
	status = replay(seed, end->name, 1, end->early ? NULL : perturb);
	if (status != (end->early ? 0 : end->status) ||
	    (end->early && !file_has("replay.output", "rrio: the recording ")))
		return fail(failure, "%s: the replay ended with status %d, see replay.output", end->name, status);
	return true;
}

static bool ends(uint64_t seed, struct failure *failure, unsigned *tried)
{
	int own, status;

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (!ends_by(seed, &endings[i], failure))
			return false;
	/* A child writes nothing to the recording, and its end is not the emulator's; how it ended is in the recording. */
	image_make(seed);
	own = run(&(struct run){ .program = "qemu-system-toy",
				 .mode = "record",
				 .dir = "rec",
				 .trace = "trace",
				 .output = "record.output",
				 .perturb = "fork:5",
				 .seed = seed,
				 .jitter = seed });
	if (!is_own(own) || file_size("record.output") || rename("trace", "trace.recorded"))
		return fail(failure, "with a child the recording ended with status %d, see record.output", own);
	image_make(seed);
	status = replay(seed, "rec", 1, "fork:5");
	if (status != own || !file_same("trace.recorded", "trace"))
		return fail(failure, "with a child the replay ended with status %d, see replay.output", status);
	++*tried;
	return true;
}

/* ---- recordings with one change ---- */

enum { MUTANTS = 4, LATEST_MS = 10000 };

/* The number behind a key of the report; -1: there is none. */
static long long reported(const char *key)
{
	FILE *report = fopen("mutant/divergence.json", "re");
	char line[4096], format[64];
	long long value = -1;

	snprintf(format, sizeof(format), " \"%s\": %%lld", key);
	while (report && value < 0 && fgets(line, sizeof(line), report))
		if (sscanf(line, format, &value) != 1)
			value = -1;
	if (report)
		fclose(report);
	return value;
}

/* Is that request among those that the report's text lists? */
static bool is_listed(long long ticket)
{
	FILE *report = fopen("mutant/divergence.json", "re");
	const char *list = NULL;
	char line[4096], *end;
	bool found = false;

	while (report && !list && fgets(line, sizeof(line), report))
		list = strstr(line, "(requests: ");
	if (report)
		fclose(report);
	for (list = list ? list + strlen("(requests: ") : ""; !found && strtoll(list, &end, 10) && end > list;
	     list = *end == ',' ? end + 1 : "")
		found = strtoll(list, NULL, 10) == ticket;
	return found;
}

/* Which request the report names: "it", the one that was changed; "other", "none"; "-": no request was changed. */
static const char *named(const struct change *change)
{
	long long ticket = reported("ticket");

	if (!change->ticket)
		return "-";
	return ticket == change->ticket || is_listed(change->ticket) ? "it" : ticket < 0 ? "none" : "other";
}

/* For tests/mutate/summary. */
static void note(const struct change *change, long long at, long long ms)
{
	const char *path = getenv("MUTANTS_LOG");
	FILE *log = path ? fopen(path, "ae") : NULL;

	if (!log)
		return;
	fprintf(log, "%s %lld %s %s %lld\n", change->name, at - change->turn, at > change->due ? "late" : "due",
		named(change), ms);
	fclose(log);
}

/*
 * What follows from a request that is no longer there, or elsewhere, may be another one's; and in the turn that
 * releases it, an emulator that is told of an error may end.
 */
static bool must_be_named(const struct change *change, long long at)
{
	return change->ticket && strcmp(change->name, "swap") && strcmp(change->name, "drop") &&
	       (strcmp(change->name, "result") || at > change->turn);
}

/* Does the report come where the change is, or with what follows from it first? */
static bool names_it(const struct change *change, long long at)
{
	if (at < change->turn - 1 || at > change->due_by_chance)
		return false;
	return at > change->due || !must_be_named(change, at) || !strcmp(named(change), "it");
}

static bool mutant(uint64_t seed, unsigned number, struct failure *failure, unsigned *tried)
{
	struct change change;
	long long took, at;
	int status = mutate("rec", "mutant", seed * 31 + number, &change);

	if (status < 0)
		return status == -1 || fail(failure, "mutant %u cannot be made", number);
	image_make(seed);
	took = now_ms();
	status = replay(seed, "mutant", 1, NULL);
	took = now_ms() - took;
	if (status != FINDING || took > LATEST_MS)
		return fail(failure,
			    "mutant %u (%s, turn %lld, request %lld): status %d after %lld ms, see replay.output",
			    number, change.name, change.turn, change.ticket, status, took);
	at = reported("turn");
	note(&change, at, took);
	if (!names_it(&change, at))
		return fail(failure,
			    "mutant %u (%s, turn %lld, request %lld): due by turn %lld, the report names turn %lld, "
			    "request %lld",
			    number, change.name, change.turn, change.ticket, change.due, at, reported("ticket"));
	++*tried;
	return true;
}

static bool mutants(uint64_t seed, struct failure *failure, unsigned *tried)
{
	int own;

	if (!recorded(seed, &own, failure))
		return false;
	for (unsigned i = 0; i < MUTANTS; i++)
		if (!mutant(seed, seed * MUTANTS + i, failure, tried))
			return false;
	return true;
}

/* ---- recordings cut short ---- */

static bool cut_at(uint64_t seed, long size, int own, struct failure *failure)
{
	int status;

	if (!file_cut("rec/journal", "cut/journal", size))
		return fail(failure, "the journal cannot be cut at byte %ld", size);
	image_make(seed);
	status = replay(seed, "cut", 1, NULL);
	if (!status && file_has("replay.output", "rrio: the recording cut ends early, at guest instruction "))
		return file_begins("trace.recorded", "trace") ||
		       fail(failure, "cut at byte %ld, the replay has seen something else than the recording", size);
	/* Only what comes behind the last turn is lost. */
	if (status == own && file_same("trace.recorded", "trace"))
		return true;
	/* Not even the first block, with the first record in it, is whole. */
	if (status == UNREADABLE && file_has("replay.output", "rrio: cut/journal ") && size < 65536)
		return true;
	return fail(failure, "cut at byte %ld, the replay ended with status %d, see replay.output", size, status);
}

static bool cut(uint64_t seed, struct failure *failure, unsigned *tried)
{
	uint64_t state = seed;
	int own;

	if (!recorded(seed, &own, failure))
		return false;
	if (mkdir("cut", 0700))
		return fail(failure, "no folder for the cut recording");
	if (!file_cut("rec/pieces", "cut/pieces", file_size("rec/pieces")))
		return fail(failure, "the recording has no pieces");
	for (unsigned i = 0; i < 4; i++) {
		long size = file_size("rec/journal"), at = (long)(random_next(&state) >> 20) % size;

		if (!cut_at(seed, i ? at : size - 1, own, failure))
			return false;
		++*tried;
	}
	return true;
}

/* ---- refusals ---- */

static bool ends_unsupported(const char *program, const char *text, struct failure *failure)
{
	int status = run(&(struct run){
		.program = program, .mode = "record", .dir = "rec", .trace = "trace", .output = "output", .seed = 1 });

	if (status != UNSUPPORTED || !file_has("output", text) || file_has("output", " runs"))
		return fail(failure, "%s ended with status %d, see output", program, status);
	return true;
}

static bool refused(const char *program, const char *text, struct failure *failure)
{
	if (!ends_unsupported(program, text, failure))
		return false;
	if (!access("rec", F_OK))
		return fail(failure, "%s has left a recording", program);
	return true;
}

static bool refusals(uint64_t seed, struct failure *failure, unsigned *tried)
{
	(void)seed;
	image_make(1);
	*tried += 3;
	return refused("qemu-system-none", " function(s) that rrio needs (icount_get_raw, icount_to_ns, icount_round, ",
		       failure) &&
	       refused("qemu-system-small", "rrio: this emulator cannot be recorded: its icount_round ", failure) &&
	       ends_unsupported("qemu-system-inlined", "rrio: this emulator cannot be recorded: it does not call", failure);
}

/* A job without any system call: it is recorded with a warning, and its replay ends one way or the other. */
static bool opaque(uint64_t seed, struct failure *failure, unsigned *tried)
{
	struct run what = { .program = "qemu-system-toy",
			    .mode = "record",
			    .dir = "rec",
			    .trace = "opaque",
			    .output = "record.output",
			    .seed = seed,
			    .jitter = seed };
	int status;

	image_make(seed);
	status = run(&what);
	if (!is_own(status) || !file_has("record.output", "rrio: warning: a job of the thread pool "))
		return fail(failure, "the recording ended with status %d, see record.output", status);
	image_make(seed);
	what.mode = "replay";
	what.output = "replay.output";
	what.jitter = seed + 1;
	status = run(&what);
	if (!is_own(status) && (status != FINDING || !file_has("replay.output", "rrio: diverged at ")))
		return fail(failure, "the replay ended with status %d, see replay.output", status);
	++*tried;
	return true;
}

/* ---- a request of many system calls ---- */

static int run_many(uint64_t seed, const char *mode, const char *perturb, const char *output, uint64_t jitter)
{
	image_make(seed);
	return run(&(struct run){ .program = "qemu-system-toy",
				  .mode = mode,
				  .dir = "many",
				  .trace = "trace",
				  .output = output,
				  .perturb = perturb,
				  .seed = seed,
				  .jitter = jitter });
}

static bool many(uint64_t seed, struct failure *failure, unsigned *tried)
{
	int own = run_many(seed, "record", "many:0", "record.output", seed);

	if (!is_own(own) || file_size("record.output") || rename("trace", "trace.recorded"))
		return fail(failure, "the recording ended with status %d, see record.output", own);
	for (unsigned number = 1; number <= 2; number++)
		if (run_many(seed, "replay", "many:0", "replay.output", seed + number) != own ||
		    file_size("replay.output") || !file_same("trace.recorded", "trace"))
			return fail(failure, "replay %u differs, see replay.output, trace and trace.recorded", number);
	/* What it has no room for it says. */
	if (rename("many", "many.usual") || !is_own(run_many(seed, "record", "odd:0", "record.output", seed)) ||
	    !file_has("record.output", "(long-job) [uncontrolled]"))
		return fail(failure, "nothing is said of calls that failed, see record.output");
	++*tried;
	return true;
}

const struct named_case cases[] = {
	{ "replays", replays, 200 }, { "bare", bare, 10 },
	{ "differs", differs, 20 },  { "changed-image", changed_image, 10 },
	{ "cut", cut, 20 },	     { "refusals", refusals, 1 },
	{ "gives-up", gives_up, 2 }, { "hangs", hangs, 2 },
	{ "ends", ends, 8 },	     { "opaque", opaque, 10 },
	{ "many", many, 5 },
	{ "mutants", mutants, 10 },  { NULL, NULL, 0 },
};
