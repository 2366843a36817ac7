// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * export.c - rrio-inspect export: a recording for other programs. Which one, and where to.
 *
 * One thread. A file is made under another name first, so that it is there as a whole or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "export.h"
#include "out.h"

static int find(const char *const *names, const char *name)
{
	for (int i = 0; names[i]; i++)
		if (!name || !strcmp(names[i], name))
			return i;
	return -1;
}

static const char *const clocks[] = { "insns", "ns", NULL }, *const weights[] = { "requests", "bytes", "ns", NULL };

static enum status check(const struct options *options)
{
	int forms = !!options->chrome + !!options->folded + !!options->html;

	if (forms != 1) {
		say("export takes one of --chrome, --folded and --html; see: rrio-inspect --help");
		return USAGE;
	}
	if (find(clocks, options->time) < 0 || (options->time && !options->chrome)) {
		say("--time insns or ns says what the time of --chrome is");
		return USAGE;
	}
	if (find(weights, options->weight) < 0 || (options->weight && !options->folded)) {
		say("--weight requests, bytes or ns says what --folded counts");
		return USAGE;
	}
	return FINE;
}

static enum status write_it(struct view *view, struct selection *selection, const struct options *options)
{
	select_seek(selection, view);
	if (options->chrome)
		return export_chrome(view, selection, (enum clock)find(clocks, options->time));
	if (options->folded)
		return export_folded(view, selection, (enum weight)find(weights, options->weight));
	return export_html(view, selection);
}

/* stdout becomes that file. */
static enum status to_file(const char *path, char **temporary)
{
	int fd = -1;

	if (asprintf(temporary, "%s.new", path) < 0)
		return out_of_memory();
	fd = open(*temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0) {
		say("%s cannot be written: %s", *temporary, strerror(errno));
		return NO_RECORDING;
	}
	dup2(fd, STDOUT_FILENO);
	close(fd);
	return FINE;
}

static enum status finish(const char *path, const char *temporary, enum status status)
{
	out_flush();
	if (out_failed())
		return status; /* told at the end */
	if ((status == FINE || status == FINDING) && rename(temporary, path)) {
		say("%s cannot be written: %s", path, strerror(errno));
		return NO_RECORDING;
	}
	if (status != FINE && status != FINDING)
		unlink(temporary);
	return status;
}

static enum status export_view(struct view *view, const struct options *options)
{
	struct selection *selection = NULL;
	enum status status = select_open(&selection, view, options->words);
	char *temporary = NULL;

	if (!status && options->output)
		status = to_file(options->output, &temporary);
	if (!status)
		status = write_it(view, selection, options);
	if (temporary)
		status = finish(options->output, temporary, status);
	free(temporary);
	select_close(selection);
	return status;
}

static enum status run_export(const struct options *options)
{
	struct view view;
	enum status status = check(options);

	status = status ? status : view_open(&view, options->recording);
	if (status)
		return status;
	status = export_view(&view, options);
	view_close(&view);
	return status;
}

const struct command command_export = {
	.name = "export",
	.synopsis = "export [-o FILE]",
	.does = "for a browser, Perfetto or a flame graph",
	.takes = " o chrome folded html time weight ",
	.words = SELECTION,
	.run = run_export,
};
