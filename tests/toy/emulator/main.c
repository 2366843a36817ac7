/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main.c - the toy emulator's options, start and end.
 *
 * The main thread: start-up with the BQL held, then the main loop, then a drain and a flush, as QEMU ends. Its exit
 * status comes from what the guest has seen (10 to 59); 64: wrong options; 70: the toy itself is wrong.
 */
#include "toy.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options options = { .seed = 1, .requests = 40, .depth = 8, .cpus = 1, .shift = 6 };

uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state * 0x2545f4914f6cdd1d;
}

void die(const char *what)
{
	fprintf(stderr, "toy: %s\n", what);
	exit(70);
}

/* util/qemu-thread-posix.c: QemuThreadArgs and qemu_thread_start */
struct thread_args {
	void *(*start)(void *);
	void *argument;
	char *name;
};

static void *thread_start(void *opaque)
{
	struct thread_args args = *(struct thread_args *)opaque;

	free(((struct thread_args *)opaque)->name);
	free(opaque);
	return args.start(args.argument);
}

void thread_create(const char *name, void *(*start)(void *), void *argument)
{
	struct thread_args *args = malloc(sizeof(*args));
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;

	if (!args)
		die("no memory");
	*args = (struct thread_args){ start, argument, strdup(name) };
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attr, thread_start, args))
		die("no thread");
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static const struct number {
	const char *name;
	unsigned *value, max;
} numbers[] = {
	{ "requests", &options.requests, 100000 },
	{ "depth", &options.depth, DEPTH_MAX },
	{ "cpus", &options.cpus, CPUS_MAX },
	{ "shift", &options.shift, 10 },
};

static const struct flag {
	const char *name;
	bool *value;
} flags[] = {
	{ "pause", &options.pause },   { "nested", &options.nested }, { "reboot", &options.reboot },
	{ "opaque", &options.opaque }, { "stall", &options.stall },   { "ticks", &options.ticks },
	{ "closed", &options.closed },
};

/* One NAME=VALUE or NAME; false when there is none such. */
static bool take(const char *argument)
{
	size_t length = strcspn(argument, "=");
	const char *value = argument[length] ? argument + length + 1 : NULL;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (!value && !strcmp(argument, flags[i].name))
			return *flags[i].value = true;
	for (size_t i = 0; value && i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strlen(numbers[i].name) == length && !strncmp(argument, numbers[i].name, length)) {
			unsigned long number = strtoul(value, NULL, 10);

			*numbers[i].value = (unsigned)number;
			return number > 0 && number <= numbers[i].max;
		}
	if (!value || strncmp(argument, "seed", length) != 0)
		return false;
	options.seed = strtoull(value, NULL, 10);
	return options.seed != 0;
}

static void read_options(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: qemu-system-toy DISK TRACE [seed=N requests=N depth=N cpus=N shift=N] "
				"[pause] [nested] [reboot] [opaque] [stall] [ticks] [closed]\n");
		exit(64);
	}
	options.disk = argv[1];
	options.trace = argv[2];
	for (int i = 3; i < argc; i++)
		if (!take(argv[i])) {
			fprintf(stderr, "toy: unknown option or value: %s\n", argv[i]);
			exit(64);
		}
}

int main(int argc, char **argv)
{
	uint32_t hash;

	read_options(argc, argv);
	jitter_init();
	trace_open(options.trace);
	loop_init();
	bql_lock();
	pool_init();
	guest_init();
	disk_init();
	cpus_start();
	loop_run();
	cpus_pause();
	disk_drain();
	disk_flush();
	trace("end %lld", (long long)icount_get_raw());
	hash = trace_close();
	return 10 + (int)(hash % 50);
}
