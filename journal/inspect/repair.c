// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * repair.c - rrio-inspect repair: copies the longest true beginning of a recording into a new one.
 *
 * One thread, and the writer's. Never in place: the recording that is read stays as it is. On failure the new folder
 * holds what was written, which is a recording that ends early.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "beside.h"
#include "inspect.h"

static int attach(struct rrj_writer *writer, const char *folder)
{
	int dir, error;

	if (mkdir(folder, 0700) && errno != EEXIST)
		return -errno;
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	error = rrj_writer_attach(writer, dir);
	close(dir);
	return error;
}

/* A commit before each turn, as a recording has them. *last: as recording_next. */
static int copy_records(struct recording *from, struct rrj_writer *writer, int *last)
{
	struct rrj_record record;
	int error = 0;

	while (!error && (*last = recording_next(from, &record)) > 0) {
		if (record.type == RRJ_TURN)
			error = rrj_commit(writer);
		error = error ? error : rrj_append(writer, &record);
	}
	return error ? error : rrj_commit(writer);
}

static int write_new(struct recording *from, const char *folder, int *last)
{
	struct rrj_writer *writer;
	int error = rrj_writer_new(&writer), close_error;

	if (error)
		return error;
	error = attach(writer, folder);
	error = error ? error : beside_copy(from->fd, folder);
	error = error ? error : copy_records(from, writer, last);
	close_error = rrj_writer_close(writer);
	return error ? error : close_error;
}

static enum status tell(const struct recording *from, const char *folder, int error, int last)
{
	enum status status;

	if (error == -EEXIST) {
		say("%s already holds a recording; name another folder", folder);
		return USAGE;
	}
	if (error) {
		say("%s cannot be written: %s", folder, strerror(-error));
		return NO_RECORDING;
	}
	status = last == -EBADMSG && from->started ? FINE : recording_status(from, last);
	if (status == FINE)
		printf("%s: %s, as far as it is intact: %" PRIu64 " turns, up to instruction %" PRId64
		       "; next: rrio replay %s\n",
		       folder, from->path, from->turns, from->icount, folder);
	return status;
}

static enum status repair(const struct options *options)
{
	struct recording from;
	enum status status;
	int error, last = 0;

	if (!options->output) {
		say("repair writes a new recording: rrio-inspect repair -o FOLDER [RECORDING]");
		return USAGE;
	}
	status = recording_open(&from, options->recording);
	if (status)
		return status;
	error = write_new(&from, options->output, &last);
	status = tell(&from, options->output, error, last);
	recording_close(&from);
	return status;
}

const struct command command_repair = {
	.name = "repair",
	.synopsis = "repair -o FOLDER",
	.does = "copy what is intact into a new recording",
	.takes = " o ",
	.words = ONE_RECORDING,
	.run = repair,
};
