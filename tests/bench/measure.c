// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * measure.c - runs one command and says what it cost.
 *
 * measure SECONDS [NAME=VALUE...] COMMAND ARGUMENTS...   the settings are the command's alone
 *
 * Prints one line: exit status (128 + N: signal N; 124: killed, since it took longer than SECONDS), wall, user and system
 * time in microseconds, and the most memory it had resident in KiB. The command's descendants count as far as they were
 * waited for. Status 0 unless the command could not be started (127) or the call was wrong (2).
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static int64_t in_us(struct timeval time)
{
	return time.tv_sec * INT64_C(1000000) + time.tv_usec;
}

static _Noreturn void start(char **argv, const sigset_t *mask)
{
	sigprocmask(SIG_SETMASK, mask, NULL);
	for (; strchr(*argv, '='); argv++)
		putenv(*argv);
	execvp(*argv, argv);
	fprintf(stderr, "measure: %s: %s\n", *argv, strerror(errno));
	_exit(127);
}

/* Waits for the child's end until then; false: it has none. SIGCHLD is blocked. */
static int await(pid_t pid, int64_t until_us, int *status, struct rusage *usage)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (;;) {
		int64_t left = until_us - now_us();
		struct timespec time = { .tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000 };

		if (wait4(pid, status, WNOHANG, usage) == pid)
			return 1;
		if (left <= 0)
			return 0;
		sigtimedwait(&child, NULL, &time);
	}
}

int main(int argc, char **argv)
{
	long seconds = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
	int64_t began = now_us();
	struct rusage usage;
	sigset_t child, before;
	int status, result;
	pid_t pid;

	if (seconds <= 0) {
		fprintf(stderr, "usage: measure SECONDS [NAME=VALUE...] COMMAND ARGUMENTS...\n");
		return 2;
	}
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &before);
	pid = fork();
	if (!pid)
		start(argv + 2, &before);
	if (pid < 0) {
		perror("measure: fork");
		return 127;
	}
	if (await(pid, began + seconds * 1000000, &status, &usage)) {
		result = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	} else {
		kill(pid, SIGKILL);
		wait4(pid, &status, 0, &usage);
		result = 124;
	}
	printf("%d %lld %lld %lld %ld\n", result, (long long)(now_us() - began), (long long)in_us(usage.ru_utime),
	       (long long)in_us(usage.ru_stime), usage.ru_maxrss);
	return result == 127 ? 127 : 0;
}
