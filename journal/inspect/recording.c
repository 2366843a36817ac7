// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * recording.c - finds a recording's journal and reads it, with messages for people.
 *
 * Owns the file descriptor and the reader of struct recording. One thread. Never writes to a recording. A failure has
 * been told on stderr when a function returns its exit status.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspect.h"

static char *join(const char *folder, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

/* The folder that holds the recordings which were given no folder of their own. */
static char *store(void)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	return data && *data ? join(data, "rrio") : join(home ? home : "", ".local/share/rrio");
}

/* A journal stands for its folder, which may hold more of the recording; NULL without memory. */
static char *recording_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	struct stat st;

	if (strcmp(name, "journal") || stat(path, &st) || S_ISDIR(st.st_mode))
		return strdup(path);
	return slash == path || !slash ? strdup(slash ? "/" : ".") : strndup(path, (size_t)(slash - path));
}

static enum status no_recording(const char *argument, const char *folder)
{
	if (argument)
		say("%s: no such recording, here or in %s; see: rrio ls", argument, folder);
	else
		say("no recording yet in %s; make one: rrio record -- EMULATOR ARGUMENTS...", folder);
	return NO_RECORDING;
}

static enum status find_in_store(char **found, const char *argument)
{
	char *folder = store(), *path = folder ? join(folder, argument ? argument : "latest") : NULL;
	enum status status = FINE;

	if (!path)
		status = out_of_memory();
	else if (access(path, F_OK) || (argument && strchr(argument, '/')))
		status = no_recording(argument, folder);
	else
		*found = recording_of(path);
	free(path);
	free(folder);
	return status;
}

static enum status find(char **found, const char *argument)
{
	enum status status = FINE;

	*found = NULL;
	if (argument && !access(argument, F_OK))
		*found = recording_of(argument);
	else
		status = find_in_store(found, argument);
	return status || *found ? status : out_of_memory();
}

bool recording_exists(const char *argument)
{
	char *folder = store(), *path = folder ? join(folder, argument) : NULL;
	bool exists = !access(argument, F_OK) || (path && !strchr(argument, '/') && !access(path, F_OK));

	free(path);
	free(folder);
	return exists;
}

static enum status refuse(const char *path, int error)
{
	if (error == -EMEDIUMTYPE)
		say("%s is not a journal of rrio; see: rrio ls", path);
	else if (error == -ENOENT)
		say("%s is a folder without a journal, no recording; see: rrio ls", path);
	else if (error == -EPROTONOSUPPORT)
		say("%s was written by a newer or foreign rrio than this, " RRIO_VERSION "; read it with that one",
		    path);
	else if (error == -EBADMSG)
		say("%s: the header of its journal is damaged: nothing in it can be read", path);
	else
		say("%s: cannot read: %s", path, strerror(-error));
	return NO_RECORDING;
}

enum status recording_open(struct recording *r, const char *argument)
{
	enum status status;
	int error;

	*r = (struct recording){ .fd = -1 };
	status = find(&r->path, argument);
	if (status)
		return status;
	r->fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	error = r->fd < 0 ? -errno : rrj_reader_new(&r->reader, r->fd);
	if (!error)
		return FINE;
	status = refuse(r->path, error);
	recording_close(r);
	return status;
}

void recording_close(struct recording *r)
{
	rrj_reader_free(r->reader);
	if (r->fd >= 0)
		close(r->fd);
	free(r->path);
}

int recording_next(struct recording *r, struct rrj_record *record)
{
	int found = rrj_next(r->reader, record);

	if (found <= 0)
		return found;
	r->started = true;
	if (record->type == RRJ_TURN) {
		r->expected = record->turn.releases;
		r->turn_icount = record->turn.icount;
		r->turns = record->turn.seq;
	} else if (record->type == RRJ_REQUEST && r->expected) {
		r->expected--;
	} else if (record->type == RRJ_END && record->end.turns <= r->turns) {
		r->turn_icount = record->end.icount;
	}
	/* A turn whose requests are not all there cannot be replayed. */
	if (!r->expected)
		r->icount = r->turn_icount;
	return found;
}

enum status recording_status(const struct recording *r, int last)
{
	uint64_t offset = rrj_reader_offset(r->reader);

	if (last >= 0 && r->started)
		return FINE;
	if (last >= 0) {
		say("%s ends before its first record is complete: there is nothing to replay", r->path);
		return NO_RECORDING;
	}
	if (last != -EBADMSG) {
		say("%s: cannot read %s at byte %" PRIu64 ": %s", r->path, rrj_reader_file(r->reader), offset,
		    strerror(-last));
		return NO_RECORDING;
	}
	say("%s: %s is damaged at byte %" PRIu64 "; can be replayed up to instruction %" PRId64 " (%" PRIu64
	    " turns); to keep that: rrio-inspect repair -o FOLDER %s",
	    r->path, rrj_reader_file(r->reader), offset, r->icount, r->turns, r->path);
	return FINDING;
}
