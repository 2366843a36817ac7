/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run.c - one run of the toy emulator, within a time limit. Where it hangs, its threads' stacks go into a file.
 */
#include "driver.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT_MS = 20000, OPTIONS = 16 };

static char folder[PATH_MAX], build[PATH_MAX + 32];

void run_init(void)
{
	ssize_t length = readlink("/proc/self/exe", folder, sizeof(folder) - 1);
	char library[PATH_MAX + 64];

	if (length <= 0)
		err(2, "/proc/self/exe");
	folder[length] = '\0';
	*strrchr(folder, '/') = '\0';
	snprintf(build, sizeof(build), "%s/../..", folder);
	snprintf(library, sizeof(library), "%s/librrio.so", build);
	if (access(library, R_OK))
		err(2, "%s", library);
}

const char *const *seed_options(uint64_t seed)
{
	static const char *const flags[] = { "nested", "pause", "stall", "ticks", "reboot" };
	static char numbers[5][32];
	static const char *options[OPTIONS];
	uint64_t state = seed * 0x9e3779b97f4a7c15, choice = random_next(&state);
	unsigned n = 0;

	snprintf(numbers[0], sizeof(numbers[0]), "seed=%" PRIu64, seed);
	snprintf(numbers[1], sizeof(numbers[1]), "requests=%u", 10 + (unsigned)(random_next(&state) >> 40) % 40);
	snprintf(numbers[2], sizeof(numbers[2]), "depth=%u", 1 + (unsigned)(random_next(&state) >> 40) % 16);
	snprintf(numbers[3], sizeof(numbers[3]), "shift=%u", 1 + (unsigned)(random_next(&state) >> 40) % 8);
	/* Half of them have one vCPU. */
	snprintf(numbers[4], sizeof(numbers[4]), "cpus=%u", choice >> 60 & 4 ? 1 : 1 + (unsigned)(choice >> 60 & 3));
	for (; n < 5; n++)
		options[n] = numbers[n];
	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (choice >> (20 + i) & 1)
			options[n++] = flags[i];
	options[n] = NULL;
	return options;
}

static void set(const char *name, const char *value)
{
	if (value ? setenv(name, value, 1) : unsetenv(name))
		err(2, "%s", name);
}

static void set_environment(const struct run *what)
{
	char jitter[32];

	snprintf(jitter, sizeof(jitter), "%" PRIu64, what->jitter);
	set("TOY_JITTER", what->jitter ? jitter : NULL);
	set("TOY_PERTURB", what->perturb);
	set("RRIO_MODE", what->mode);
	set("RRIO_DIR", what->mode ? what->dir : NULL);
	set("RRIO_LOG", NULL);
	set("RRIO_PATIENCE", what->mode ? "5" : NULL);
	/* A library without a sanitizer of its own may come first: it stands between the program and the sanitizer. */
	set("ASAN_OPTIONS", "verify_asan_link_order=0:detect_leaks=0:exitcode=99");
	set("UBSAN_OPTIONS", "print_stacktrace=1");
	/* Into files, which file_any() finds: what a process that ends early prints may be nowhere else. */
	set("TSAN_OPTIONS", "atexit_sleep_ms=50:log_path=sanitizer");
	/* By its name alone: the loader splits LD_PRELOAD at spaces. */
	set("LD_LIBRARY_PATH", build);
	set("LD_PRELOAD", what->mode ? "librrio.so" : NULL);
}

_Noreturn static void execute(const struct run *what)
{
	const char *arguments[OPTIONS + 8];
	const char *const *options = seed_options(what->seed);
	char program[PATH_MAX + 64];
	int n = 0, fd = open(what->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
		_exit(2);
	snprintf(program, sizeof(program), "%s/%s", folder, what->program);
	arguments[n++] = program;
	arguments[n++] = "disk";
	arguments[n++] = what->trace;
	while (*options)
		arguments[n++] = *options++;
	/* Only completions shall make runs differ: no randomness, no host time. */
	if (!what->mode)
		arguments[n++] = "closed";
	if (!strcmp(what->trace, "opaque"))
		arguments[n++] = "opaque";
	arguments[n] = NULL;
	set_environment(what);
	execv(program, (char **)arguments);
	_exit(2);
}

static void show_threads(pid_t pid)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "timeout 60 gdb -batch -ex 'thread apply all backtrace' -p %d >stacks 2>&1 </dev/null", (int)pid);
	if (system(command))
		return;
}

int run(const struct run *what)
{
	struct pollfd end = { .events = POLLIN };
	pid_t pid = fork();
	int status;
	bool late;

	if (pid == 0)
		execute(what);
	end.fd = pid < 0 ? -1 : pidfd_open(pid, 0);
	if (end.fd < 0)
		err(2, "fork");
	late = poll(&end, 1, LIMIT_MS) == 0;
	if (late) {
		show_threads(pid);
		kill(pid, SIGKILL);
	}
	close(end.fd);
	if (waitpid(pid, &status, 0) != pid)
		err(2, "waitpid");
	if (late)
		return TIMED_OUT;
	return WIFEXITED(status) ? WEXITSTATUS(status) : SIGNALLED + WTERMSIG(status);
}

int mutate(const char *from, const char *to, uint64_t seed, struct change *change)
{
	char command[3 * PATH_MAX];
	int fields = 0, status;
	FILE *said;

	snprintf(command, sizeof(command), "rm -rf '%s' && '%s/../mutate/mutate' '%s' '%s' %" PRIu64, to, folder, from, to,
		 seed);
	said = popen(command, "re");
	if (said)
		fields = fscanf(said, "%31s %lld %lld %lld %lld", change->name, &change->turn, &change->ticket,
				&change->due, &change->due_by_chance);
	status = said ? pclose(said) : -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
		return -1;
	return !status && fields == 5 ? 0 : -2;
}

long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}
