/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tape.c - writes the journal when recording, follows it when replaying.
 *
 * Main thread and vCPU thread, never both at once: whoever holds the turn. In replay two readers follow the journal:
 * one looks ahead for the next turn, so that the vCPU thread knows where it has to stop; the other one follows the
 * inputs up to there (tape_input.c). The journal's own system calls are made with self.inside set.
 */
#include "tape.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "clock.h"
#include "compare.h"
#include "config.h"
#include "files.h"
#include "folder.h"
#include "job.h"
#include "message.h"
#include "opened.h"
#include "outcome.h"
#include "self.h"
#include "store.h"
#include "tape_input.h"
#include "trail.h"
#include "turnstile.h"
#include "uncontrolled.h"
#include "until.h"

static struct {
	char dir[PATH_MAX];
	char emulator[NAME_MAX + 1];
	struct tape_turn turn; /* record: the one that starts; replay: the next one */
	int fd;		       /* replay: the folder */
	_Atomic uint64_t turns;
	_Atomic uint64_t requests;

	struct rrj_writer *writer; /* NULL: not recording, or no longer */

	struct rrj_reader *ahead;
	unsigned checks; /* the recording's */
	enum tape_next next;
	struct rrj_end end;
} tape;

const char *tape_dir(void)
{
	return tape.dir;
}

int tape_folder(void)
{
	return tape.fd;
}

uint64_t tape_turns(void)
{
	return tape.turns;
}

uint64_t tape_progress(void)
{
	return tape.turns + tape.requests + tape_inputs();
}

const struct rrj_request *tape_expected(uint64_t ticket)
{
	for (uint32_t i = 0; tape.next == TAPE_TURN && i < tape.turn.head.releases; i++)
		if (!ticket || tape.turn.requests[i].ticket == ticket)
			return &tape.turn.requests[i];
	return NULL;
}

void tape_ends_early(int64_t icount)
{
	fflush(NULL);
	message_end(0,
		    "the recording %s ends early, at guest instruction %" PRId64
		    ": everything until there has been replayed, and replay stops; rrio-inspect verify %s says more "
		    "[ends-early]",
		    tape.dir, icount, tape.dir);
}

/* ---- recording ---- */

static struct rrj_record end_record(const char *cause, int64_t icount, uint64_t slices)
{
	struct rrj_record record = { .type = RRJ_END,
				     .end = { .cause = cause,
					      .icount = icount,
					      .slices = slices,
					      .turns = tape.turns,
					      .requests = tape.requests,
					      .inputs = tape_inputs(),
					      .trail = trail_digest() } };

	clock_sample(&record.end.mono_ns, &record.end.real_ns);
	return record;
}

/* What END says when the emulator ended by itself. Any other cause: it went on, unrecorded. */
#define ENDED_BY_ITSELF "exit"

static void close_with(const char *cause, int64_t icount)
{
	struct rrj_writer *writer = tape.writer;
	struct rrj_record end = end_record(cause, icount, turnstile_slices());

	tape.writer = NULL;
	rrj_append(writer, &end);
	rrj_writer_close(writer);
}

void tape_give_up(const char *cause)
{
	if (!tape.writer)
		return;
	close_with(cause, turnstile_icount());
	message(MODULE_JOURNAL, config.stop_on_error ? MESSAGE_ERROR : MESSAGE_WARN,
		"%s: the recording %s ends here, and the guest goes on unrecorded; what was recorded until here "
		"replays: rrio replay %s [gave-up]",
		cause, tape.dir, tape.dir);
	if (config.stop_on_error) {
		message_restore_terminal();
		_exit(STATUS_FINDING);
	}
}

/* The recording ends here, with its cause if that fits, but the guest goes on, unless the user wants it otherwise. */
static void failed(int error)
{
	uint64_t size = rrj_writer_size(tape.writer);
	struct rrj_writer *writer = tape.writer;
	struct rrj_record end = end_record(strerror(error), turnstile_icount(), turnstile_slices());

	tape.writer = NULL;
	rrj_append(writer, &end);
	rrj_writer_close(writer);
	if (config.stop_on_error)
		message_end(STATUS_FINDING,
			    "%s cannot be written after %" PRIu64 " bytes: %s; the emulator is ended "
			    "(RRIO_ON_ERROR=stop); what was recorded until here replays: rrio replay %s "
			    "[journal-failed-stop]",
			    tape.dir, size, strerror(error), tape.dir);
	message(MODULE_JOURNAL, MESSAGE_ERROR,
		"%s cannot be written after %" PRIu64 " bytes: %s; the guest goes on unrecorded; what was recorded "
		"until here replays%s: rrio replay %s [journal-failed]",
		tape.dir, size, strerror(error),
		store_error() ? " as far as it does not read what the guest overwrites in its images from now on" : "",
		tape.dir);
}

void tape_append(const struct rrj_record *record)
{
	int result;

	if (!tape.writer)
		return;
	result = rrj_append(tape.writer, record);
	if (result < 0)
		failed(-result);
}

void tape_write(void)
{
	int result = tape.writer ? rrj_commit(tape.writer) : 0;

	if (tape.writer && result >= 0)
		result = store_error();

	if (result < 0)
		failed(-result);
}

void tape_record(const struct rrj_start *start)
{
	const char *name = strrchr(start->emulator, '/');
	int result = rrj_writer_new(&tape.writer);

	if (result == 0)
		result = store_record(start->id);
	if (result < 0)
		message_end(STATUS_BUG, "no journal can be made: %s [no-journal]", strerror(-result));
	snprintf(tape.emulator, sizeof(tape.emulator), "%s", name ? name + 1 : start->emulator);
	tape_append(&(struct rrj_record){ .type = RRJ_START, .start = *start });
	tape_write();
}

void tape_keep(void)
{
	int fd, result;

	if (!recording())
		return;
	self.inside = true;
	fd = folder_create(config.dir, tape.emulator, tape.dir);
	result = fd < 0 ? fd : rrj_writer_attach(tape.writer, fd);
	if (result == -EEXIST)
		message_end(STATUS_USAGE,
			    "%s already holds a recording; name another folder, or rrio rm %s [folder-taken]", tape.dir,
			    tape.dir);
	if (fd < 0)
		message_end(STATUS_USAGE,
			    "the recording's folder %s cannot be made: %s; name another one in RRIO_DIR [folder]",
			    tape.dir, strerror(-fd));
	if (result >= 0)
		result = store_keep(fd);
	if (result < 0)
		failed(-result);
	opened_keep(fd);
	close(fd);
	self.inside = false;
	message(MODULE_JOURNAL, MESSAGE_INFO, "recording to %s", tape.dir);
}

/* A turn's files stand before it, so that its requests can be read one by one. */
static void enter_files(struct gate *const gates[], uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct file *file = gates[i]->what.file;

		if (!file_enter(file))
			continue;
		if (!(file->record.flags & RRJ_FILE_TEMPORARY))
			opened_image(file->record.path);
		tape_append(&(struct rrj_record){ .type = RRJ_FILE, .file = file->record });
	}
}

static void decide_turn(unsigned loop, enum rrj_kind kind, int64_t icount)
{
	struct gate *gates[GATE_MAX_RELEASES];
	struct rrj_turn *head = &tape.turn.head;

	*head = (struct rrj_turn){ .seq = tape.turns + 1, .kind = kind, .loop = loop, .icount = icount };
	clock_next(kind == RRJ_AGAIN, &head->mono_ns, &head->real_ns);
	/*
	 * Counted before any is released: releasing one lets another arrive. Right behind another turn only the last
	 * ones in flight: of many, few at a time would take more turns.
	 */
	head->releases = kind == RRJ_AGAIN && !gate_all_wait() ? 0 : gate_waiting(loop, gates);
	for (uint32_t i = 0; i < head->releases; i++)
		tape.turn.requests[i].ticket = gates[i]->slot->ticket;
	enter_files(gates, head->releases);
	head->trail = trail_of_turn(kind);
	check_record(head);
	tape_append(&(struct rrj_record){ .type = RRJ_TURN, .turn = *head });
}

void tape_note(const char *id, const char *text)
{
	if (!recording())
		return;
	self.inside = true;
	tape_append(&(struct rrj_record){ .type = RRJ_NOTE, .note = { .id = id, .text = text } });
	self.inside = false;
}

void tape_stack(uint32_t id, struct rrj_strings frames)
{
	tape_append(&(struct rrj_record){ .type = RRJ_STACK, .stack = { .id = id, .frames = frames } });
}

/* ---- replay ---- */

int tape_read(struct rrj_reader *reader, struct rrj_record *record)
{
	int result = rrj_next(reader, record);

	if (result < 0 && result != -EBADMSG)
		message_end(STATUS_UNREADABLE, "%s/%s cannot be read at byte %" PRIu64 ": %s [journal-unreadable]",
			    tape.dir, rrj_reader_file(reader), rrj_reader_offset(reader), strerror(-result));
	if (result < 0)
		message(MODULE_JOURNAL, MESSAGE_ERROR,
			"%s/%s is damaged at byte %" PRIu64 "; replay goes as far as turn %" PRIu64
			"; rrio-inspect verify %s says more [journal-damaged]",
			tape.dir, rrj_reader_file(reader), rrj_reader_offset(reader), tape.turns, tape.dir);
	return result > 0;
}

/* The requests that a turn releases; false when the journal ends among them. */
static bool load_requests(void)
{
	struct rrj_record record;

	if (tape.turn.head.releases > GATE_MAX_RELEASES)
		return false;
	for (uint32_t i = 0; i < tape.turn.head.releases; i++) {
		if (!tape_read(tape.ahead, &record) || record.type != RRJ_REQUEST)
			return false;
		tape.turn.requests[i] = record.request;
	}
	return true;
}

static void load_next(void)
{
	struct rrj_record record;

	tape.next = TAPE_EARLY;
	while (tape_read(tape.ahead, &record)) {
		if (record.type == RRJ_FILE)
			file_recorded(&record.file);
		if (record.type == RRJ_NOTE)
			uncontrolled_remember(record.note.id);
		if (record.type == RRJ_END) {
			tape.end = record.end;
			tape.turn.head = (struct rrj_turn){ .icount = record.end.icount };
			tape.next = strcmp(record.end.cause, ENDED_BY_ITSELF) ? TAPE_EARLY : TAPE_END;
			return;
		}
		if (record.type == RRJ_TURN) {
			tape.turn.head = record.turn;
			if (load_requests())
				tape.next = TAPE_TURN;
			return;
		}
	}
}

/* Both readers stand behind START; what it says is kept for as long as the process lives. */
static const struct rrj_start *read_start(struct rrj_reader *reader)
{
	static struct rrj_record record;

	if (!tape_read(reader, &record) || record.type != RRJ_START)
		message_end(STATUS_UNREADABLE,
			    "%s/journal ends before its first record; it cannot be replayed [journal-empty]", tape.dir);
	return &record.start;
}

static void open_reader(struct rrj_reader **reader, int fd)
{
	int result = rrj_reader_new(reader, fd);

	if (result == -EMEDIUMTYPE)
		message_end(STATUS_UNREADABLE, "%s/journal is no journal of rrio [journal-foreign]", tape.dir);
	if (result == -EPROTONOSUPPORT)
		message_end(STATUS_UNREADABLE,
			    "%s/journal was written by a newer rrio than this one (%s); replay it with that one "
			    "[journal-newer]",
			    tape.dir, RRIO_VERSION);
	if (result < 0)
		message_end(STATUS_UNREADABLE, "%s/journal cannot be read: %s [journal-unopened]", tape.dir,
			    strerror(-result));
}

/* Does the recording end with the emulator? Its last block says so. */
static bool has_ended(int fd)
{
	struct rrj_record record = { 0 };
	struct rrj_reader *reader;
	bool ended = false;

	open_reader(&reader, fd);
	if (rrj_seek_turn(reader, UINT64_MAX) == 0)
		while (rrj_next(reader, &record) > 0)
			ended = record.type == RRJ_END && !strcmp(record.end.cause, ENDED_BY_ITSELF);
	rrj_reader_free(reader);
	return ended;
}

const struct rrj_start *tape_replay(const char *dir)
{
	int fd = folder_open(dir, tape.dir);
	static struct rrj_reader *first;
	struct rrj_reader *whole, *behind;
	const struct rrj_start *start;

	if (fd == -EBUSY)
		message_end(STATUS_TRY_AGAIN, "%s is being recorded; try again when it is finished [busy]", tape.dir);
	if (fd < 0)
		message_end(STATUS_UNREADABLE,
			    "no recording at %s: %s; rrio ls lists those that there are [no-recording]", tape.dir,
			    strerror(-fd));
	tape.fd = fd;
	opened_load(fd);
	open_reader(&tape.ahead, fd);
	open_reader(&behind, fd);
	open_reader(&first, fd); /* never goes on, so that START's strings stay */
	open_reader(&whole, fd);
	outcome_load(whole);
	until_load(whole, tape.dir);
	rrj_reader_free(whole);
	start = read_start(first);
	if (!(start->needs & RRJ_NEEDS_OUTSIDE))
		message_end(
			STATUS_UNREADABLE,
			"%s was recorded by an older rrio (%s), which left out what comes from outside; replay it with "
			"that one [journal-older]",
			tape.dir, start->rrio_version);
	tape.checks = start->checks;
	store_replay(fd, tape.dir, start->id, has_ended(fd));
	read_start(tape.ahead);
	read_start(behind);
	tape_follow_inputs(behind);
	load_next();
	return start;
}

/* For compare_trail(): the recorded requests from the next turn on; the process is about to end. */
static const struct rrj_request *later_request(void)
{
	static struct rrj_record record;
	static uint32_t i;
	int far = 20000;

	if (i < tape.turn.head.releases)
		return &tape.turn.requests[i++];
	while (far-- && rrj_next(tape.ahead, &record) > 0)
		if (record.type == RRJ_REQUEST)
			return &record.request;
	return NULL;
}

static void follow_turn(unsigned loop, enum rrj_kind kind, int64_t icount)
{
	const struct rrj_turn *head = &tape.turn.head;

	compare_place(tape.next == TAPE_TURN ? head : NULL, loop, kind, icount);
	compare_releases(tape.turn.requests, head->releases, icount);
	if (tape.checks & RRJ_CHECK_TRAIL)
		compare_trail(head->trail, trail_of_turn(kind), icount, later_request);
	check_compare(head);
}

/* ---- both ---- */

enum tape_next tape_next(void)
{
	return tape.next;
}

const struct rrj_turn *tape_place(void)
{
	return &tape.turn.head;
}

const struct tape_turn *tape_turn(unsigned loop, enum rrj_kind kind, int64_t icount)
{
	self.inside = true;
	if (recording())
		decide_turn(loop, kind, icount);
	else
		follow_turn(loop, kind, icount);
	trail_turn(&tape.turn.head);
	tape.turns++;
	self.inside = false;
	return &tape.turn;
}

void tape_released(uint32_t i, struct gate_request *done)
{
	struct rrj_request *now = &done->request;

	if (replaying() && file_enter(done->file))
		file_compare(done->file);
	now->file = file_id(done->file);
	now->submit_icount = ticket_icount(now->ticket);
	now->stack = ticket_stack(now->ticket);
	self.inside = true;
	if (recording()) {
		tape_append(&(struct rrj_record){ .type = RRJ_REQUEST, .request = *now });
		trail_released(now);
	} else {
		const struct rrj_request same = compare_request(&tape.turn.requests[i], done);

		trail_released(&same);
	}
	tape.requests++;
	self.inside = false;
}

void tape_commit(void)
{
	self.inside = true;
	if (recording())
		tape_write();
	else
		load_next();
	self.inside = false;
}

static void follow_end(int64_t icount)
{
	const struct rrj_end *end = tape.next == TAPE_END ? &tape.end : NULL;

	if (end && tape.checks & RRJ_CHECK_TRAIL && end->trail && end->icount == icount)
		compare_trail(end->trail, trail_digest(), icount, later_request);
	compare_end(tape.next == TAPE_TURN ? &tape.turn.head : NULL, end, icount);
	message(MODULE_MAIN, MESSAGE_INFO,
		"replayed %" PRIu64 " turns, %" PRIu64 " requests, to guest instruction %" PRId64, tape.turns,
		tape.requests, icount);
}

static void write_end(int64_t icount, uint64_t slices)
{
	struct rrj_record end = end_record(ENDED_BY_ITSELF, icount, slices);
	int result = store_end();

	/* Who finds the journal's end can thus expect the store's. */
	if (result < 0)
		failed(-result);
	tape_append(&end);
	if (!tape.writer)
		return;
	result = rrj_writer_close(tape.writer);
	tape.writer = NULL;
	if (result < 0)
		message(MODULE_JOURNAL, MESSAGE_ERROR,
			"%s/journal could not be finished: %s; it ends early [journal-unfinished]", tape.dir,
			strerror(-result));
}

void tape_end(int64_t icount, uint64_t slices)
{
	self.inside = true;
	if (replaying())
		follow_end(icount);
	else if (tape.writer)
		write_end(icount, slices);
	self.inside = false;
}
