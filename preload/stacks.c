/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stacks.c - threads walk their own stacks, in a signal's handler, into memory that is there already.
 *
 * The handler runs in any thread with a role, and in the main thread; it calls libunwind alone, and goes on where the
 * thread was. It allocates nothing, since that may be in malloc: libunwind's thread-local memory is made when the
 * thread begins. It steps from frame to frame: unw_backtrace keeps 256 KiB for each thread, and a pool has up to 64.
 * libunwind is found at run time: linked, it would take the place of the C++ unwinder of every library in the emulator.
 * Whatever is missing here makes the report shorter, nothing else.
 */
#include "stacks.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#define UNW_LOCAL_ONLY
#include <libunwind.h>
#include <link.h>
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
static __thread bool prepared __attribute__((tls_model("initial-exec")));

/* Of libunwind; without it, nothing. */
static struct {
	int (*context)(unw_context_t *context);
	int (*init)(unw_cursor_t *cursor, unw_context_t *context);
	int (*step)(unw_cursor_t *cursor);
	int (*reg)(unw_cursor_t *cursor, unw_regnum_t reg, unw_word_t *value);
	size_t module; /* whose thread-local memory; 0: none */
	bool found;
} unwind;

static int stack_signal(void)
{
	return SIGRTMAX - 3;
}

/* The calls of whoever calls this, innermost first: how many. */
static int walk(void **frames, int room)
{
	unw_context_t context;
	unw_cursor_t cursor;
	unw_word_t address;
	int n = 0;

	if (!unwind.found || unwind.context(&context) || unwind.init(&cursor, &context) < 0)
		return 0;
	while (n < room && unwind.step(&cursor) > 0 && unwind.reg(&cursor, UNW_REG_IP, &address) >= 0)
		frames[n++] = (void *)(uintptr_t)address;
	return n;
}

static void fill(struct stack *stack)
{
	bool inside = self.inside;

	self.inside = true;
	stack->role = self.role;
	stack->loop = self.loop;
	stack->count = walk(stack->frames, STACK_FRAMES);
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

/* The first use of a library's thread-local memory allocates it. This is such a use, as the ABI has it. */
static void prepare(void)
{
	extern void *__tls_get_addr(size_t index[2]);
	bool inside = self.inside;

	self.inside = true;
	if (unwind.module)
		__tls_get_addr((size_t[2]){ unwind.module, 0 });
	self.inside = inside;
	prepared = true;
}

static bool find_unwind(void)
{
#define FIND(name) dlsym(library, FIND_NAMED(name))
#define FIND_NAMED(name) #name
	void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);

	if (!library || dlinfo(library, RTLD_DI_TLS_MODID, &unwind.module))
		return false;
	*(void **)&unwind.context = FIND(unw_tdep_getcontext);
	*(void **)&unwind.init = FIND(unw_init_local);
	*(void **)&unwind.step = FIND(unw_step);
	*(void **)&unwind.reg = FIND(unw_get_reg);
	return unwind.context && unwind.init && unwind.step && unwind.reg;
}

void stacks_init(void)
{
	struct sigaction action = { .sa_handler = answer, .sa_flags = SA_RESTART };
	void *frames[STACK_FRAMES];

	unwind.found = find_unwind();
	if (!unwind.found)
		return;
	sigfillset(&action.sa_mask);
	real.sigaction(stack_signal(), &action, NULL);
	prepare();
	walk(frames, STACK_FRAMES); /* the first in the process makes what all threads share */
}

void stacks_thread_begins(void)
{
	sigset_t ours;

	if (!unwind.found)
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
	for (unsigned i = 1; unwind.found && i < used; i++)
		syscall(SYS_tgkill, getpid(), stacks[i].tid, stack_signal());
	for (int ms = 0; unwind.found && ms < PATIENCE_MS && !all_answered(); ms++)
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
