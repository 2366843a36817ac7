/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main.c - check CASE [COUNT [FIRST]]: tries a case with so many seeds, in folders toy-CASE-SEED of the working
 * directory. A folder is deleted when its seed passes. Status 1 when one failed, or when nothing could be tried.
 */
#include "driver.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Processes: runs sleep for much of their time. */
enum { STREAMS = 4 };

static char *self_path;

static void remove_folder(const char *name)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf -- %s", name);
	if (system(command))
		errx(2, "%s cannot be deleted", name);
}

static bool try_seed(const struct named_case *what, uint64_t seed, unsigned *tried)
{
	struct failure failure;
	char name[64];
	bool good;

	snprintf(name, sizeof(name), "toy-%s-%" PRIu64, what->name, seed);
	remove_folder(name);
	if (mkdir(name, 0700) || chdir(name))
		err(2, "%s", name);
	good = what->run(seed, &failure, tried);
	if (good && file_any("sanitizer.*")) {
		good = false;
		snprintf(failure.why, sizeof(failure.why), "the sanitizer has found something, see sanitizer.*");
	}
	if (chdir(".."))
		err(2, "..");
	if (good) {
		remove_folder(name);
		return true;
	}
	printf("%s: %s\n             with:", name, failure.why);
	for (const char *const *option = seed_options(seed); *option; option++)
		printf(" %s", *option);
	printf("\n             again: %s %s 1 %" PRIu64 "\n", self_path, what->name, seed);
	return false;
}

struct totals {
	unsigned failed, tried;
};

static struct totals stream(const struct named_case *what, uint64_t first, uint64_t count, unsigned number)
{
	struct totals totals = { 0 };

	for (uint64_t i = number; i < count; i += STREAMS) {
		totals.failed += !try_seed(what, first + i, &totals.tried);
		fflush(stdout);
	}
	return totals;
}

static int start_stream(const struct named_case *what, uint64_t first, uint64_t count, unsigned number)
{
	int ends[2];
	pid_t pid;

	if (pipe(ends))
		err(2, "pipe");
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		err(2, "fork");
	if (pid == 0) {
		struct totals totals = stream(what, first, count, number);

		_exit(write(ends[1], &totals, sizeof(totals)) != sizeof(totals));
	}
	close(ends[1]);
	return ends[0];
}

static int check(const struct named_case *what, uint64_t first, uint64_t count)
{
	struct totals all = { 0 };
	int results[STREAMS];

	for (unsigned i = 0; i < STREAMS; i++)
		results[i] = start_stream(what, first, count, i);
	for (unsigned i = 0; i < STREAMS; i++) {
		struct totals totals;

		if (read(results[i], &totals, sizeof(totals)) != sizeof(totals))
			totals = (struct totals){ .failed = 1 };
		all.failed += totals.failed;
		all.tried += totals.tried;
	}
	while (wait(NULL) > 0)
		;
	printf("%s: %" PRIu64 " seeds, %u tried, %u failed\n", what->name, count, all.tried, all.failed);
	return all.failed || all.tried < count;
}

int main(int argc, char **argv)
{
	const struct named_case *what = cases;

	self_path = realpath(argv[0], NULL);
	while (argc > 1 && what->name && strcmp(what->name, argv[1]) != 0)
		what++;
	if (!self_path || argc < 2 || argc > 4 || !what->name)
		errx(2, "usage: check CASE [COUNT [FIRST]]");
	run_init();
	return check(what, argc > 3 ? strtoull(argv[3], NULL, 10) : 1,
		     argc > 2 ? strtoull(argv[2], NULL, 10) : what->seeds);
}
