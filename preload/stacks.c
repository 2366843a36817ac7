/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stacks.c - threads walk their own stacks, in a signal's handler, into memory that is there already.
 *
 * The handler runs in any thread with a role, and in the main thread; it calls libunwind alone, and goes on where the
 * thread was. It allocates nothing, since that may be in malloc: what libunwind needs for a thread is made when the
 * thread begins. libunwind is found at run time: linked, it would take the place of the C++ unwinder of every library in
 * the emulator. Whatever is missing here makes the report shorter, nothing else.
 */
#include "stacks.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "interpose.h"

enum { THREADS = 160, PATIENCE_MS = 150 };

static struct stack stacks[THREADS];
static _Atomic unsigned used;
static int (*backtrace_of)(void **frames, int size); /* unw_backtrace() */
static __thread bool prepared __attribute__((tls_model("initial-exec")));

static int stack_signal(void)
{
	return SIGRTMAX - 3;
}

static void fill(struct stack *stack)
{
	bool inside = self.inside;

	self.inside = true;
	stack->role = self.role;
	stack->loop = self.loop;
	stack->count = backtrace_of ? backtrace_of(stack->frames, STACK_FRAMES) : 0;
	stack->walked = true;
	self.inside = inside;
}

static void answer(int signo)
{
	pid_t tid = (pid_t)syscall(SYS_gettid);
	int saved = errno;

	(void)signo;
	for (unsigned i = 0; prepared && i < used; i++)
		if (stacks[i].tid == tid)
			fill(&stacks[i]);
	errno = saved;
}

/* The first walk in a thread allocates: libunwind's thread-local memory, its cache. */
static void prepare(void)
{
	bool inside = self.inside;
	void *frames[STACK_FRAMES];

	self.inside = true;
	backtrace_of(frames, STACK_FRAMES);
	self.inside = inside;
	prepared = true;
}

void stacks_init(void)
{
	struct sigaction action = { .sa_handler = answer, .sa_flags = SA_RESTART };
	void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);

	*(void **)&backtrace_of = library ? dlsym(library, "unw_backtrace") : NULL;
	if (!backtrace_of)
		return;
	sigfillset(&action.sa_mask);
	real.sigaction(stack_signal(), &action, NULL);
	prepare();
}

void stacks_thread_begins(void)
{
	sigset_t ours;

	if (!backtrace_of)
		return;
	sigemptyset(&ours);
	sigaddset(&ours, stack_signal());
	prepare();
	pthread_sigmask(SIG_UNBLOCK, &ours, NULL);
}

/* The first line of a file of that thread's; empty when it cannot be read. */
static void read_line(pid_t tid, const char *file, char *line, size_t size)
{
	char path[64];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/%s", (int)tid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = real.read(fd, line, size - 1);
		real.close(fd);
	}
	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

static void list_threads(pid_t first)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	unsigned n = 0;

	stacks[n++].tid = first;
	while (dir && (entry = readdir(dir)) && n < THREADS) {
		pid_t tid = atoi(entry->d_name);

		if (tid > 0 && tid != first)
			stacks[n++].tid = tid;
	}
	if (dir)
		closedir(dir);
	used = n; /* only now do the others look */
}

static bool all_answered(void)
{
	for (unsigned i = 0; i < used; i++)
		if (!stacks[i].walked)
			return false;
	return true;
}

const struct stack *stacks_take(unsigned *count)
{
	const struct timespec a_ms = { .tv_nsec = 1000000 };

	list_threads((pid_t)syscall(SYS_gettid));
	fill(&stacks[0]);
	for (unsigned i = 1; backtrace_of && i < used; i++)
		syscall(SYS_tgkill, getpid(), stacks[i].tid, stack_signal());
	for (int ms = 0; backtrace_of && ms < PATIENCE_MS && !all_answered(); ms++)
		nanosleep(&a_ms, NULL);
	for (unsigned i = 0; i < used; i++) {
		char where[64];

		read_line(stacks[i].tid, "comm", stacks[i].name, sizeof(stacks[i].name));
		/* Later it may be at it still. */
		stacks[i].answered = stacks[i].walked;
		if (stacks[i].answered)
			continue;
		read_line(stacks[i].tid, "wchan", where, sizeof(where));
		snprintf(stacks[i].kernel, sizeof(stacks[i].kernel), "(gave no answer; in the kernel: %s)",
			 *where && strcmp(where, "0") ? where : "unknown");
	}
	*count = used;
	return stacks;
}

const char *stacks_role(const struct stack *stack)
{
	static const char *const names[] = {
		[THREAD_OTHER] = "other",   [THREAD_MAIN] = "main",	[THREAD_VCPU] = "vcpu",
		[THREAD_LOOP] = "iothread", [THREAD_WORKER] = "worker", [THREAD_RCU] = "rcu", [THREAD_VNC] = "vnc",
	};

	return names[stack->answered ? stack->role : THREAD_OTHER];
}
