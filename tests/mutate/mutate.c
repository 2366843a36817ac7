/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mutate.c - mutate FROM TO SEED: writes the recording FROM as TO, a sound one with one change, chosen by the seed.
 *
 * Prints what it has done: the change's name; the turn that it is about (the one before, where it stands between two);
 * the request's ticket (0: none); and after how many turns replay must have noticed: the next turn behind the change
 * that has a digest of all before it does not start. One digest in 256 is the same by chance: then the one behind.
 * Status 1 where nothing can be changed in that way, 2 where anything fails.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rrio/journal.h"
#include "rrio/pieces.h"

static struct rrj_record *records;
static size_t count, room;
static uint64_t state;

static uint64_t random_next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1d >> 20;
}

static void *copy(const void *from, size_t size)
{
	void *to = malloc(size + 1);

	if (!to)
		err(2, "memory");
	memcpy(to, from, size);
	return to;
}

static void keep(const char **string)
{
	*string = copy(*string, strlen(*string) + 1);
}

/* A record's pointers are the reader's, until its next one. */
static void keep_strings(struct rrj_record *record)
{
	struct rrj_start *start = &record->start;

	switch (record->type) {
	case RRJ_START:
		keep(&start->rrio_version);
		keep(&start->emulator);
		keep(&start->emulator_version);
		keep(&start->build_id);
		keep(&start->cwd);
		start->argv.bytes = copy(start->argv.bytes, start->argv.size);
		start->env.bytes = copy(start->env.bytes, start->env.size);
		break;
	case RRJ_FILE:
		keep(&record->file.path);
		break;
	case RRJ_INPUT:
		record->input.data = copy(record->input.data, record->input.size);
		break;
	case RRJ_NOTE:
		keep(&record->note.id);
		keep(&record->note.text);
		break;
	case RRJ_END:
		keep(&record->end.cause);
		break;
	case RRJ_STACK:
		record->stack.frames.bytes = copy(record->stack.frames.bytes, record->stack.frames.size);
		break;
	case RRJ_TURN:
	case RRJ_REQUEST:
	case RRJ_TYPES:
		break;
	}
}

static void insert(size_t at, struct rrj_record record)
{
	if (count == room) {
		room = room ? 2 * room : 1024;
		records = realloc(records, room * sizeof(*records));
		if (!records)
			err(2, "memory");
	}
	memmove(records + at + 1, records + at, (count - at) * sizeof(*records));
	records[at] = record;
	count++;
}

static void take_out(size_t at)
{
	memmove(records + at, records + at + 1, (count - at - 1) * sizeof(*records));
	count--;
}

static void read_all(const char *from)
{
	int fd = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC), found;
	struct rrj_reader *reader;
	struct rrj_record record;

	if (fd < 0 || rrj_reader_new(&reader, fd))
		errx(2, "%s cannot be read", from);
	while ((found = rrj_next(reader, &record)) > 0) {
		keep_strings(&record);
		insert(count, record);
	}
	if (found || rrj_reader_state(reader) != RRJ_WHOLE)
		errx(2, "%s is not whole", from);
	rrj_reader_free(reader);
	close(fd);
}

/* What the images held at first is the same. */
static void copy_pieces(const char *from, const char *to)
{
	char source[PATH_MAX], target[PATH_MAX];

	snprintf(source, sizeof(source), "%s/" RRJ_PIECES_NAME, from);
	snprintf(target, sizeof(target), "%s/" RRJ_PIECES_NAME, to);
	unlink(target);
	if (link(source, target))
		err(2, "%s", source);
}

static void write_all(const char *to)
{
	struct rrj_writer *writer;
	int fd;

	if (mkdir(to, 0700) && errno != EEXIST)
		err(2, "%s", to);
	fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || rrj_writer_new(&writer) || rrj_writer_attach(writer, fd))
		errx(2, "%s cannot be written", to);
	for (size_t i = 0; i < count; i++)
		if (rrj_append(writer, &records[i]) || rrj_commit(writer))
			errx(2, "%s cannot be written at record %zu", to, i);
	if (rrj_writer_close(writer))
		errx(2, "%s cannot be closed", to);
	close(fd);
}

/* ---- choosing ---- */

static bool has_data(const struct rrj_record *record)
{
	return record->type == RRJ_REQUEST && record->request.checksum;
}

static bool is_request(const struct rrj_record *record)
{
	return record->type == RRJ_REQUEST;
}

static bool is_transfer(const struct rrj_record *record)
{
	return record->type == RRJ_REQUEST && record->request.op <= RRJ_WRITE;
}

static bool is_turn(const struct rrj_record *record)
{
	return record->type == RRJ_TURN;
}

static bool is_input(const struct rrj_record *record)
{
	return record->type == RRJ_INPUT && record->input.size;
}

static bool is_end(const struct rrj_record *record)
{
	return record->type == RRJ_END;
}

/* One of those that fit; status 1 when there is none. */
static size_t choose(bool (*fits)(const struct rrj_record *record))
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += fits(&records[i]);
	if (!n)
		exit(1);
	n = random_next() % n;
	for (size_t i = 0;; i++)
		if (fits(&records[i]) && !n--)
			return i;
}

static struct rrj_turn *turn_before(size_t at)
{
	while (at && records[at].type != RRJ_TURN)
		at--;
	return at ? &records[at].turn : NULL;
}

static uint64_t seq_before(size_t at)
{
	const struct rrj_turn *turn = turn_before(at);

	return turn ? turn->seq : 0;
}

/* What is printed. */
static uint64_t told_turn, told_ticket;

static struct rrj_request *some_request(bool (*fits)(const struct rrj_record *record), size_t *at)
{
	*at = choose(fits);
	told_turn = seq_before(*at);
	told_ticket = records[*at].request.ticket;
	return &records[*at].request;
}

static struct rrj_turn *some_turn(size_t *at)
{
	*at = choose(is_turn);
	told_turn = records[*at].turn.seq;
	return &records[*at].turn;
}

/* ---- changes ---- */

static void shift(void)
{
	size_t at;
	struct rrj_turn *turn = some_turn(&at);

	turn->icount += random_next() % 2 ? 1 : -1;
}

static void drop(void)
{
	size_t at;

	some_request(is_request, &at);
	turn_before(at)->releases--;
	take_out(at);
}

static void repeat(void)
{
	struct rrj_record again;
	size_t at, later;

	some_request(is_request, &at);
	again = records[at];
	later = random_next() % 2 ? at : choose(is_turn);
	if (later < at)
		later = at;
	told_turn = seq_before(later);
	turn_before(later)->releases++;
	insert(later + 1, again);
}

static void swap(void)
{
	size_t one, other;
	struct rrj_record kept;

	some_request(is_request, &one);
	other = choose(is_request);
	if (one == other)
		exit(1);
	if (other < one)
		told_turn = seq_before(other);
	kept = records[one];
	records[one] = records[other];
	records[other] = kept;
}

static void result(void)
{
	static const int64_t results[] = { -5, -28, 0, 512, 1 };
	size_t at;
	struct rrj_request *request = some_request(is_transfer, &at);
	int64_t other = results[random_next() % 5];

	request->result = other == request->result ? -5 : other;
}

static void checksum(void)
{
	size_t at;

	some_request(has_data, &at)->checksum ^= 1u << random_next() % 32;
}

static void input(void)
{
	size_t at = choose(is_input);
	struct rrj_input *what = &records[at].input;

	told_turn = seq_before(at);
	switch (random_next() % 3) {
	case 0:
		((uint8_t *)(uintptr_t)what->data)[random_next() % what->size] ^= 1;
		break;
	case 1:
		what->icount += random_next() % 2 ? 1 : -1;
		break;
	case 2:
		take_out(at);
		break;
	}
}

static void kind(void)
{
	size_t at;
	struct rrj_turn *turn = some_turn(&at);

	turn->kind = (enum rrj_kind)(turn->kind % RRJ_AGAIN + 1);
}

static void loop(void)
{
	size_t at;
	struct rrj_turn *turn = some_turn(&at);

	turn->loop++;
}

static void without_turn(void)
{
	size_t at;

	some_turn(&at);
	told_turn--;
	do
		take_out(at);
	while (records[at].type == RRJ_REQUEST);
}

static void with_turn(void)
{
	size_t at;
	struct rrj_record again;

	some_turn(&at);
	again = records[at];
	again.turn.releases = 0;
	insert(at, again);
}

static void place(void)
{
	size_t at;
	struct rrj_request *request = some_request(is_request, &at);

	switch (random_next() % 4) {
	case 0:
		request->offset += 512;
		break;
	case 1:
		request->length += 512;
		break;
	case 2:
		request->op = (enum rrj_op)(request->op % RRJ_COMPUTE + 1);
		break;
	case 3:
		request->calls++;
		break;
	}
}

static void ticket(void)
{
	size_t at;
	struct rrj_request *request = some_request(is_request, &at);

	request->ticket += 1 + random_next() % 100;
	told_ticket = request->ticket;
}

static void submission(void)
{
	size_t at;

	some_request(is_request, &at)->submit_icount += random_next() % 2 ? 1 : -1;
}

static void clocks(void)
{
	size_t at;
	struct rrj_turn *turn = some_turn(&at);

	*(random_next() % 2 ? &turn->mono_ns : &turn->real_ns) += 1;
}

static void end(void)
{
	size_t at = choose(is_end);

	told_turn = seq_before(at);
	records[at].end.icount += random_next() % 2 ? 1 : -1;
}

static const struct change {
	const char *name;
	void (*make)(void);
} changes[] = {
	{ "shift", shift },	    { "drop", drop },
	{ "repeat", repeat },	    { "swap", swap },
	{ "result", result },	    { "checksum", checksum },
	{ "input", input },	    { "kind", kind },
	{ "loop", loop },	    { "without-turn", without_turn },
	{ "with-turn", with_turn }, { "place", place },
	{ "ticket", ticket },	    { "submission", submission },
	{ "clocks", clocks },	    { "end", end },
};

/* How many turns have started when the n-th turn behind that one that has a digest is due; or the end, which has one. */
static uint64_t due(uint64_t turn, unsigned n)
{
	uint64_t turns = 0;

	for (size_t i = 0; i < count; i++)
		if (is_turn(&records[i]) && ++turns > turn && records[i].turn.trail && !--n)
			return turns - 1;
	return turns;
}

int main(int argc, char **argv)
{
	const struct change *change;

	if (argc != 4)
		errx(2, "usage: mutate FROM TO SEED");
	state = strtoull(argv[3], NULL, 10) * 0x9e3779b97f4a7c15 + 1;
	/* Neighbouring seeds make different changes, each in its turn. */
	change = &changes[strtoull(argv[3], NULL, 10) % (sizeof(changes) / sizeof(changes[0]))];
	for (int i = 0; i < 8; i++)
		random_next();
	read_all(argv[1]);
	change->make();
	write_all(argv[2]);
	copy_pieces(argv[1], argv[2]);
	printf("%s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", change->name, told_turn, told_ticket,
	       due(told_turn, 1), due(told_turn, 2));
	return 0;
}
