/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * threads.c - pthread_create: gives every thread of the emulator its role, by the name that QEMU means to give it.
 *
 * QEMU names its threads only with -name debug-threads=on, but the argument of each holds the name in every version:
 * util/qemu-thread-posix.c:qemu_thread_create, struct QemuThreadArgs, 7.2 to 11.0. Threads that the emulator's
 * libraries make have no role. A thread that stands for something that cannot be recorded ends the process here,
 * before the guest has executed an instruction.
 */
#include "threads.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "../hooks/emulator.h"
#include "config.h"
#include "interpose.h"
#include "job.h"
#include "loops.h"
#include "message.h"
#include "rcu.h"
#include "self.h"
#include "stacks.h"
#include "tape.h"
#include "turnstile.h"
#include "uncontrolled.h"
#include "vnc.h"
#include "wake.h"

/* As QEMU lays it out; more may follow. */
struct thread_args {
	void *(*start)(void *);
	void *argument;
	const char *name;
};

__thread struct self self __attribute__((tls_model("initial-exec")));

pthread_mutex_t *threads_bql_known;

/* A new thread's start, until it has begun. Not from malloc: pthread_create may be called with any lock held. */
static struct launch {
	_Atomic bool taken;
	void *(*start)(void *);
	void *argument;
	void *object; /* what QEMU's own start function is given */
	enum thread_role role;
	unsigned loop;
} launches[64];

/* Iothreads, by the numbers of their loops; 0: none. */
static pthread_t iothreads[LOOPS];

static uintptr_t emulator_begin, emulator_end;

static int find_emulator(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size, (void)unused;
	emulator_begin = UINTPTR_MAX;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uintptr_t first = info->dlpi_addr + segment->p_vaddr;

		if (segment->p_type != PT_LOAD)
			continue;
		if (first < emulator_begin)
			emulator_begin = first;
		if (first + segment->p_memsz > emulator_end)
			emulator_end = first + segment->p_memsz;
	}
	return 1; /* the first object is the executable */
}

void threads_init(void)
{
	dl_iterate_phdr(find_emulator, NULL);
	self.role = THREAD_MAIN;
}

void threads_learn_bql(void)
{
	/* The main thread took it just before QEMU noted that it holds it. system/cpus.c:qemu_mutex_lock_iothread_impl
	 */
	if (!threads_bql_known && self.last_locked && emu.bql_locked())
		threads_bql_known = self.last_locked;
}

/* The main thread makes the first vCPU's thread: what the emulator was told is known by now. */
static enum thread_role vcpu_role(const char *name)
{
	if (strcmp(name, "ALL CPUs/TCG") != 0) {
		const char *accelerator = strchr(name, '/');

		if (accelerator && strcmp(accelerator, "/TCG") != 0)
			message_end(
				STATUS_UNSUPPORTED,
				"the accelerator %s cannot be recorded: only TCG counts instructions; use -accel tcg "
				"with -icount shift=auto [accelerator]",
				accelerator + 1);
		message_end(STATUS_UNSUPPORTED,
			    "this virtual machine cannot be recorded without -icount%s; add -icount shift=auto, or "
			    "-icount shift=0,sleep=off [threads-multi]",
			    *emu.icount_mode ? " in one thread (thread=multi)" : " (nor with thread=multi)");
	}
	if (!*emu.icount_mode)
		message_end(STATUS_UNSUPPORTED, "this virtual machine cannot be recorded without -icount; add "
						"-icount shift=auto, or -icount shift=0,sleep=off [no-icount]");
	return THREAD_VCPU;
}

static enum thread_role role_by_name(const char *name)
{
	if (!strcmp(name, "worker"))
		return THREAD_WORKER;
	if (!strcmp(name, "call_rcu"))
		return THREAD_RCU;
	if (!strcmp(name, "vnc_worker"))
		return THREAD_VNC;
	if (!strncmp(name, "IO ", 3)) {
		if (!emu.iothread_context || !emu.poll_params)
			message_end(STATUS_UNSUPPORTED,
				    "the iothread %s cannot be recorded: this emulator does not export what rrio needs "
				    "for it; leave out -object iothread and the devices' iothread=; rrio doctor says more [iothread]",
				    name + 3);
		return THREAD_LOOP;
	}
	if (!strncmp(name, "ALL CPUs/", 9) || !strncmp(name, "CPU ", 4))
		return vcpu_role(name);
	uncontrolled_thread(name);
	return THREAD_OTHER;
}

static void *begin(void *argument)
{
	struct launch launch = *(struct launch *)argument;
	void *result;

	atomic_store(&((struct launch *)argument)->taken, false);
	self.role = launch.role;
	self.loop = launch.loop;
	stacks_thread_begins();
	if (launch.role == THREAD_WORKER)
		job_worker_begins(launch.object);
	if (launch.role == THREAD_RCU)
		rcu_thread_begins();
	if (launch.role == THREAD_LOOP)
		loops_prepare_iothread(launch.object);
	result = launch.start(launch.argument);
	if (launch.role == THREAD_LOOP)
		turnstile_loop_ends();
	return result;
}

/* A slot is free again as soon as its thread has begun, so this waits for moments at most. */
static struct launch *take_slot(void)
{
	for (;;) {
		for (size_t i = 0; i < sizeof(launches) / sizeof(launches[0]); i++) {
			bool expected = false;

			if (atomic_compare_exchange_strong(&launches[i].taken, &expected, true))
				return &launches[i];
		}
		sched_yield();
	}
}

static int create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), struct thread_args *argument,
		  enum thread_role role)
{
	unsigned loop = role == THREAD_LOOP ? turnstile_add_loop() : 0;
	struct launch *slot;
	int result;

	if (role == THREAD_LOOP && !loop)
		return real.pthread_create(thread, attr, start, argument);
	slot = take_slot();
	slot->start = start;
	slot->argument = argument;
	slot->object = argument->argument;
	slot->role = role;
	slot->loop = loop;
	result = real.pthread_create(thread, attr, begin, slot);
	if (result) {
		atomic_store(&slot->taken, false);
	} else if (loop) {
		iothreads[loop] = *thread;
		turnstile_await_loop(loop);
	}
	return result;
}

static bool is_emulators(uintptr_t caller, const struct thread_args *args)
{
	return config.mode != MODE_OFF && caller >= emulator_begin && caller < emulator_end && args && args->name;
}

/*
 * A task connects or listens without keeping the caller waiting, and then tells its loop. What it finds has to be
 * known at the same place in every run, so the caller makes it itself, and waits. io/task.c:qio_task_run_in_thread
 */
static bool is_task(uintptr_t caller, const struct thread_args *args)
{
	return is_emulators(caller, args) && self_is_party() && !strcmp(args->name, "io-task-worker");
}

INTERPOSED int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attr, void *(*start)(void *),
			      void *restrict argument)
{
	uintptr_t caller = (uintptr_t)__builtin_return_address(0);
	struct thread_args *args = argument;
	enum thread_role role = THREAD_OTHER;
	int result;

	if (is_task(caller, args)) {
		*thread = pthread_self();
		args->start(args->argument);
		return 0;
	}
	if (is_emulators(caller, args))
		role = role_by_name(args->name);
	if (role == THREAD_OTHER)
		return real.pthread_create(thread, attr, start, argument);
	threads_learn_bql();
	if (role == THREAD_RCU)
		rcu_thread_created();
	if (role == THREAD_VCPU) {
		tape_keep();
		turnstile_vcpu_created();
	}
	result = create(thread, attr, start, args, role);
	if (role == THREAD_VNC && !result)
		vnc_await_thread();
	return result;
}

struct join {
	pthread_t thread;
	void **result;
};

static int join(void *what)
{
	const struct join *wanted = what;

	return real.pthread_join(wanted->thread, wanted->result);
}

/* The number of its loop; 0: none. */
static unsigned iothreads_loop(pthread_t thread)
{
	for (unsigned i = 1; i < LOOPS; i++)
		if (iothreads[i] && pthread_equal(iothreads[i], thread))
			return i;
	return 0;
}

/* An iothread needs turns to come to its end. iothread.c:iothread_stop */
INTERPOSED int pthread_join(pthread_t thread, void **result)
{
	struct join wanted = { thread, result };
	unsigned loop = self_is_party() && config.mode != MODE_OFF ? iothreads_loop(thread) : 0;
	int error;

	if (!loop)
		return real.pthread_join(thread, result);
	error = turnstile_nested_wait(join, &wanted);
	iothreads[loop] = 0;
	loops_iothread_gone(loop);
	return error;
}
