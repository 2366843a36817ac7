/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loop.c - the BQL, bottom halves, the main loop and nested polls. QEMU: util/async.c, util/aio-posix.c,
 * util/main-loop.c, softmmu/runstate.c.
 *
 * loop_run() and what it calls: main thread. aio_poll(): with the BQL, main or vCPU thread. Bottom halves are
 * scheduled by any thread, and run newest first.
 */
#include "toy.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { TICK_NS = 500000, NS = 1000000000, TICKS_PER_PAUSE = 3, TICKS_PER_DRAIN = 2 };

static pthread_mutex_t bql = PTHREAD_MUTEX_INITIALIZER;
static __thread bool bql_held;

static struct aio_context {
	int notifier, doorbell;
	_Atomic unsigned notify_me;
	struct bh *_Atomic bhs;
} context;

static _Atomic unsigned requested;
static int64_t next_tick;

/* ---- the BQL ---- */

void bql_lock(void)
{
	pthread_mutex_lock(&bql);
	bql_held = true;
}

void bql_unlock(void)
{
	bql_held = false;
	pthread_mutex_unlock(&bql);
}

void bql_wait(pthread_cond_t *condition)
{
	pthread_cond_wait(condition, &bql);
}

EXPORTED bool qemu_mutex_iothread_locked(void);
EXPORTED bool qemu_mutex_iothread_locked(void)
{
	return bql_held;
}

/* ---- the AioContext ---- */

EXPORTED void *qemu_get_aio_context(void);
EXPORTED void *qemu_get_aio_context(void)
{
	return context.notifier ? &context : NULL;
}

EXPORTED void *aio_get_thread_pool(void *ctx);
EXPORTED void *aio_get_thread_pool(void *ctx)
{
	(void)ctx;
	return pool_address(); /* the only one, there from the start */
}

EXPORTED void aio_context_set_thread_pool_params(void *ctx, int64_t min, int64_t max, void **error);
EXPORTED void aio_context_set_thread_pool_params(void *ctx, int64_t min, int64_t max, void **error)
{
	(void)ctx, (void)error;
	pool_set_size((unsigned)min, (unsigned)max);
}

static void ring(int fd)
{
	uint64_t one = 1;

	while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static bool test_and_clear(int fd)
{
	uint64_t count;

	return read(fd, &count, sizeof(count)) == sizeof(count);
}

void doorbell_ring(void)
{
	ring(context.doorbell);
}

void aio_notify(void)
{
	if (context.notify_me)
		ring(context.notifier);
}

void bh_schedule(struct bh *bh)
{
	atomic_store(&bh->scheduled, true);
	if (!atomic_exchange(&bh->listed, true)) {
		bh->next = context.bhs;
		while (!atomic_compare_exchange_weak(&context.bhs, &bh->next, bh))
			;
	}
	aio_notify();
	/* The vCPU's slice ends here, so that what it waits for comes soon. */
	if (current_cpu) {
		cpu_kick(current_cpu);
		clock_notify();
	}
}

/* It stays in the list, and does nothing there. */
void bh_cancel(struct bh *bh)
{
	atomic_store(&bh->scheduled, false);
}

static bool run_bhs(void)
{
	struct bh *bh = atomic_exchange(&context.bhs, NULL);
	bool any = bh;

	while (bh) {
		struct bh *next = bh->next;

		atomic_store(&bh->listed, false);
		if (atomic_exchange(&bh->scheduled, false))
			bh->run(bh->opaque);
		bh = next;
	}
	return any;
}

static bool dispatch(const struct pollfd fds[2])
{
	bool progress = run_bhs();

	if (fds[0].revents)
		test_and_clear(context.notifier);
	if (fds[1].revents && test_and_clear(context.doorbell)) {
		disk_read_ring();
		progress = true;
	}
	timers_run(TIMERS_LOOP);
	return progress;
}

static void poll_context(struct pollfd fds[2], const struct timespec *timeout)
{
	static const struct timespec none;

	fds[0] = (struct pollfd){ .fd = context.notifier, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = context.doorbell, .events = POLLIN };
	if (ppoll(fds, 2, context.bhs ? &none : timeout, NULL) < 0)
		fds[0].revents = fds[1].revents = 0;
}

bool aio_poll(bool blocking)
{
	static const struct timespec none;
	struct pollfd fds[2];

	context.notify_me += 2;
	poll_context(fds, blocking ? NULL : &none);
	context.notify_me -= 2;
	return dispatch(fds);
}

/* ---- the main loop ---- */

static int64_t host_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * (int64_t)NS + now.tv_nsec;
}

/*
 * A timer of the host's clock, as the RTC's; from time to time it waits for what is in flight, also for what has just been
 * submitted, as the start of a block job does, or stops and continues the machine.
 */
static void run_host_timer(void)
{
	static unsigned ticks;

	if (!(options.ticks || options.pause) || host_now() < next_tick)
		return;
	next_tick = host_now() + TICK_NS;
	trace("tick %u at %lld", ++ticks, (long long)icount_get_raw());
	if (options.ticks)
		cpu_interrupt(&cpus[0], IRQ_TICK);
	if (options.nested && ticks % TICKS_PER_DRAIN == 0)
		disk_drain();
	if (options.pause && ticks % TICKS_PER_PAUSE == 0) {
		cpus_pause();
		trace("paused at %lld", (long long)icount_get_raw());
		cpus_resume();
	}
}

static void wait_and_dispatch(void)
{
	int64_t left = next_tick - host_now();
	struct timespec time = { .tv_sec = left / NS, .tv_nsec = left % NS }, none = { 0 };
	struct pollfd fds[2];

	context.notify_me |= 1;
	bql_unlock();
	jitter();
	poll_context(fds, options.ticks || options.pause ? left > 0 ? &time : &none : NULL);
	jitter();
	bql_lock();
	context.notify_me &= ~1u;
	dispatch(fds);
	icount_start_warp();
	run_host_timer();
}

void system_request(enum request_kind what)
{
	atomic_fetch_or(&requested, (unsigned)what);
	cpu_stop_current();
	aio_notify();
}

static void reset(void)
{
	cpus_pause();
	disk_reset();
	guest_reset();
	cpus_resume();
}

void loop_run(void)
{
	for (;;) {
		unsigned now = atomic_exchange(&requested, 0);

		if (now & REQUEST_SHUTDOWN)
			return;
		if (now & REQUEST_RESET)
			reset();
		wait_and_dispatch();
	}
}

void loop_init(void)
{
	context.notifier = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	context.doorbell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (context.notifier < 0 || context.doorbell < 0)
		die("no eventfd");
	next_tick = host_now() + TICK_NS;
}
