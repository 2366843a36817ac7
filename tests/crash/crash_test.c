// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * crash_test.c - a writer that is killed anywhere, and one whose calls to the system fail anywhere: what was committed
 * is there. Each run is a forked child with a recording of its own. A failing case keeps its recording.
 */
#include <CUnit/Basic.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "failing.h"
#include "journal/writer.h"
#include "tests/unit/sample.h"

enum { RECORDS = 200, BLOCK = 500 };

/* What the child has got to, as it told before it died. */
struct progress {
	_Atomic long committed; /* records */
	_Atomic int error;	/* the first one */
	_Atomic bool ended;	/* its END record was committed */
	_Atomic bool hit;
};

static struct progress *progress;
static char text[100];

static struct rrj_record nth(long i)
{
	struct rrj_record record = {
		.type = RRJ_TURN,
		.turn = { .seq = (uint64_t)(i - i / 2), .kind = RRJ_SLICE, .icount = i * 1000, .mono_ns = i * 77 }
	};

	if (!i)
		return samples[0];
	if (i % 2 == 0)
		return (struct rrj_record){ .type = RRJ_INPUT,
					    .input = { RRJ_GETRANDOM, text, (size_t)i % sizeof(text), i } };
	return record;
}

/* Appends and commits records up to a failure or their number; a failure's cause goes into END. */
static void write_records(struct rrj_writer *writer, long records)
{
	struct rrj_record end = { .type = RRJ_END, .end = { .cause = "exit" } };
	int error = 0;

	for (long i = 0; i < records && !error; i++) {
		struct rrj_record record = nth(i);

		error = rrj_append(writer, &record);
		error = error ? error : rrj_commit(writer);
		if (!error)
			progress->committed = i + 1;
	}
	progress->error = error;
	if (error)
		end.end.cause = strerror(-error);
	error = rrj_append(writer, &end);
	error = error ? error : rrj_commit(writer);
	progress->ended = !error;
	if (!progress->error)
		progress->error = error;
}

static void child_writes(int dir, long records)
{
	struct rrj_writer *writer;
	int error = rrj_writer_new(&writer);

	if (error) {
		progress->error = error;
		return;
	}
	rrj_writer_block_full(writer, BLOCK);
	error = rrj_writer_attach(writer, dir);
	if (error)
		progress->error = error;
	else
		write_records(writer, records);
	error = rrj_writer_close(writer);
	if (!progress->error)
		progress->error = error;
}

/* How many true records the recording has; -1 for a wrong one or damage. */
static long true_records(int dir, bool *ended)
{
	struct rrj_reader *reader;
	struct rrj_record record;
	long n = 0;
	int found = rrj_reader_new(&reader, dir);

	*ended = false;
	if (found)
		return found == -EMEDIUMTYPE || found == -ENOENT ? 0 : -1;
	while ((found = rrj_next(reader, &record)) > 0) {
		struct rrj_record right = nth(n);

		if (record.type == RRJ_END)
			*ended = true;
		else if (!same_record(&record, &right))
			found = -EBADMSG;
		if (found < 0)
			break;
		n += record.type != RRJ_END;
	}
	rrj_reader_free(reader);
	return found < 0 ? -1 : n;
}

static bool check(int dir, int status, bool may_die)
{
	bool ended, exited = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	long n = true_records(dir, &ended);

	if (!exited && !(may_die && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
		return false;
	if (n < progress->committed || (progress->ended && !ended))
		return false;
	return !exited || progress->error || (ended && n == RECORDS);
}

static void keep(int dir, const char *what, long at)
{
	char link[32], path[64] = "";

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	if (readlink(link, path, sizeof(path) - 1) < 0)
		return;
	printf("\n%s at call %ld: %ld committed, error %d, ended %d; files: %s; again: build/tests/unit/crash '%s' "
	       "%ld\n",
	       what, at, progress->committed, progress->error, progress->ended, path, what, at);
	CU_FAIL_FATAL("the recording is kept");
}

/* ---- every call ---- */

/* One run whose at-th call goes wrong; false when the run has fewer calls. */
static bool run_failing(long at, enum failing_how how)
{
	int dir = new_folder(), status;
	pid_t child;

	memset(progress, 0, sizeof(*progress));
	child = fork();
	CU_ASSERT_FATAL(child >= 0);
	if (!child) {
		failing_set(at, how);
		child_writes(dir, RECORDS);
		progress->hit = failing_hit();
		failing_set(0, how);
		exit(0); /* the sanitizer looks for leaks */
	}
	CU_ASSERT_FATAL(waitpid(child, &status, 0) == child);
	if (!check(dir, status, how >= KILL_BEFORE))
		keep(dir, failing_names[how], at);
	remove_folder(dir);
	return progress->hit || WIFSIGNALED(status);
}

static void fail_all(enum failing_how from, enum failing_how to)
{
	long runs = 0;

	for (enum failing_how how = from; how <= to; how++)
		for (long at = 1; run_failing(at, how); at++)
			runs++;
	printf("%ld runs ", runs);
	CU_ASSERT(runs > RECORDS * (long)(to - from + 1));
}

static void test_failing(void)
{
	fail_all(FAIL_NO_SPACE, FAIL_EVER);
}

static void test_killed_at_calls(void)
{
	fail_all(KILL_BEFORE, KILL_AFTER);
}

/* ---- any instant ---- */

static void test_killed(void)
{
	uint64_t seed = 4711;
	long most = 0;

	for (int i = 0; i < 500; i++) {
		int dir = new_folder(), status;
		bool ended;
		pid_t child;

		memset(progress, 0, sizeof(*progress));
		child = fork();
		CU_ASSERT_FATAL(child >= 0);
		if (!child) {
			child_writes(dir, 1 << 30);
			_exit(1);
		}
		usleep((useconds_t)(random_number(&seed) % 20000));
		kill(child, SIGKILL);
		CU_ASSERT_FATAL(waitpid(child, &status, 0) == child);
		if (true_records(dir, &ended) < progress->committed || !WIFSIGNALED(status))
			keep(dir, "killed at any instant", i);
		most = progress->committed > most ? progress->committed : most;
		remove_folder(dir);
	}
	printf("500 kills, up to %ld records ", most);
	CU_ASSERT(most > RECORDS);
}

/* ---- reading ---- */

/* Every call of a reader fails: an error or all records, and no leak. */
static bool read_failing(int dir, long at, enum failing_how how)
{
	int status;
	pid_t child = fork();

	CU_ASSERT_FATAL(child >= 0);
	if (!child) {
		struct rrj_reader *reader;
		struct rrj_record record;
		int found, n = 0;
		bool opened;

		failing_set(at, how);
		found = rrj_reader_new(&reader, dir);
		opened = !found;
		while (opened && (found = rrj_next(reader, &record)) > 0)
			n++;
		status = found < 0 || n == RECORDS + 1 ? 0 : 1;
		if (!status && !failing_hit())
			status = 3; /* fewer calls than that */
		if (opened)
			rrj_reader_free(reader);
		failing_set(0, how);
		exit(status);
	}
	CU_ASSERT_FATAL(waitpid(child, &status, 0) == child);
	if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 3))
		keep(dir, failing_names[how], at);
	return WEXITSTATUS(status) == 0;
}

static void test_failing_reader(void)
{
	int dir = new_folder();
	long runs = 0;

	memset(progress, 0, sizeof(*progress));
	child_writes(dir, RECORDS);
	for (enum failing_how how = FAIL_NO_SPACE; how <= FAIL_SHORT; how++)
		for (long at = 1; read_failing(dir, at, how); at++)
			runs++;
	remove_folder(dir);
	printf("%ld runs ", runs);
	CU_ASSERT(runs > 20);
}

static CU_TestInfo tests[] = {
	{ "every call to the system fails", test_failing },
	{ "killed before, in and after every call", test_killed_at_calls },
	{ "killed 500 times at any instant", test_killed },
	{ "every call of a reader fails", test_failing_reader },
	CU_TEST_INFO_NULL,
};

static const char *wanted_how;
static long wanted_call;

static void test_one(void)
{
	int how = 0;

	while (how < FAIL_HOWS && strcmp(wanted_how, failing_names[how]))
		how++;
	CU_ASSERT_FATAL(how < FAIL_HOWS);
	run_failing(wanted_call, (enum failing_how)how);
}

static CU_TestInfo one[] = { { "one run", test_one }, CU_TEST_INFO_NULL };

/* crash [HOW CALL]: all, or the one run that has failed. */
int main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = { { "crash", NULL, NULL, NULL, NULL, argc == 3 ? one : tests }, CU_SUITE_INFO_NULL };
	unsigned failures;

	setvbuf(stdout, NULL, _IONBF, 0); /* nothing for a child to print again */
	wanted_how = argv[1];
	wanted_call = argc == 3 ? atol(argv[2]) : 0;
	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (progress == MAP_FAILED || CU_initialize_registry() != CUE_SUCCESS ||
	    CU_register_suites(suites) != CUE_SUCCESS)
		return 2;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	if (CU_basic_run_tests() != CUE_SUCCESS)
		return 2;
	failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failures ? 1 : 0;
}
