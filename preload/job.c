/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job.c - the threads engine: what a worker thread of the block layer's pool does, and the gate behind it.
 *
 * Runs in worker threads only. The job's first system call ends at the gate; what else the job does (short transfers,
 * zeroes written in pieces) happens after its release, inside the turn that waits for it to be published. So a job is
 * one request with one completion point, however many system calls it takes. errno is preserved.
 */
#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "clock.h"
#include "config.h"
#include "files.h"
#include "gate.h"
#include "interpose.h"
#include "self.h"
#include "turnstile.h"

struct job_call {
	int fd;
	enum rrj_op op;
	off64_t offset;
	uint64_t length;
	const void *data;
	const struct iovec *iov;
	int iovcnt;
};

/* The worker's own state; the gate is looked at by whoever holds the turn. */
static __thread struct {
	bool working, leaving, holding;
	int64_t begun_ns;
	struct gate gate;
} worker __attribute__((tls_model("initial-exec")));

static pthread_mutex_t *_Atomic pool_lock;
static _Atomic uint64_t ungated;

static bool is_pool_lock(const pthread_mutex_t *mutex)
{
	return mutex == atomic_load_explicit(&pool_lock, memory_order_relaxed);
}

/* The condition that a submission signals, known once a worker waits for it; and how often others were until then. */
static const pthread_cond_t *_Atomic request_cond;
static pthread_cond_t request_cond_known = PTHREAD_COND_INITIALIZER;
static struct {
	const pthread_cond_t *cond;
	unsigned signals;
} early[16];

enum { EARLY = sizeof(early) / sizeof(early[0]) };

/* (locked) */
static void signalled_early(const pthread_cond_t *cond)
{
	for (int i = 0; i < EARLY; i++)
		if (!early[i].cond || early[i].cond == cond) {
			early[i].cond = cond;
			early[i].signals++;
			return;
		}
}

void job_waits(const pthread_cond_t *cond, const pthread_mutex_t *mutex)
{
	if (!is_pool_lock(mutex) || atomic_load_explicit(&request_cond, memory_order_relaxed))
		return;
	turnstile_lock();
	if (!atomic_load(&request_cond)) {
		for (int i = 0; i < EARLY; i++)
			for (unsigned n = 0; early[i].cond == cond && n < early[i].signals; n++)
				gate_submit(0); /* the guest does not run yet */
		atomic_store(&request_cond, cond);
		real.pthread_cond_signal(&request_cond_known);
	}
	turnstile_unlock();
}

void job_submitted(const pthread_cond_t *cond)
{
	const pthread_cond_t *known = atomic_load(&request_cond);

	if (!known) {
		turnstile_lock();
		known = atomic_load(&request_cond);
		if (!known)
			signalled_early(cond);
		turnstile_unlock();
	}
	if (cond == known)
		gate_submit(turnstile_icount());
}

bool job_pool_ready(void)
{
	return atomic_load(&request_cond);
}

bool job_await_pool(void)
{
	struct timespec until;

	turnstile_deadline(&until, 5000);
	turnstile_lock();
	while (!job_pool_ready() && turnstile_wait_until(&request_cond_known, &until) == 0)
		;
	turnstile_unlock();
	return job_pool_ready();
}

uint64_t job_ungated(void)
{
	return atomic_load(&ungated);
}

static int64_t now_ns(void)
{
	int64_t mono_ns, real_ns;

	clock_sample(&mono_ns, &real_ns);
	return mono_ns;
}

static void pass_by(void)
{
	atomic_fetch_add(&ungated, 1);
	gate_pass_by(worker.gate.what.request.ticket);
}

void job_before_lock(pthread_mutex_t *mutex)
{
	pthread_mutex_t *none = NULL;

	/* The pool's lock is the first mutex that a worker locks. */
	if (!atomic_load_explicit(&pool_lock, memory_order_relaxed))
		atomic_compare_exchange_strong(&pool_lock, &none, mutex);
	if (!is_pool_lock(mutex))
		return;
	if (worker.working && worker.gate.state == GATE_RELEASED)
		gate_published(&worker.gate);
	else if (worker.working)
		pass_by();
	worker.working = false;
	worker.holding = true;
}

void job_before_unlock(pthread_mutex_t *mutex)
{
	if (!is_pool_lock(mutex))
		return;
	worker.holding = false;
	if (worker.leaving)
		return;
	worker.working = true;
	worker.begun_ns = now_ns();
	worker.gate = (struct gate){
		.state = GATE_OPEN,
		.released = PTHREAD_COND_INITIALIZER,
		.what.request.ticket = gate_ticket(),
	};
}

void job_signals(void)
{
	if (worker.holding)
		worker.leaving = true;
}

/* Continues a job's checksum over the bytes that one call moved. */
static uint32_t checksum(uint32_t seed, const struct job_call *call, uint64_t size)
{
	struct iovec one = { .iov_base = (void *)call->data, .iov_len = size };
	const struct iovec *iov = call->iov ? call->iov : &one;
	int count = call->iov ? call->iovcnt : 1;
	XXH3_state_t state = { 0 };

	if (!call->iov || count == 1)
		return (uint32_t)XXH3_64bits_withSeed(iov->iov_base, size, seed);
	XXH3_64bits_reset_withSeed(&state, seed);
	for (int i = 0; i < count && size; i++) {
		uint64_t part = iov[i].iov_len < size ? iov[i].iov_len : size;

		XXH3_64bits_update(&state, iov[i].iov_base, part);
		size -= part;
	}
	return (uint32_t)XXH3_64bits_digest(&state);
}

static uint64_t iov_length(const struct job_call *call)
{
	uint64_t length = 0;

	for (int i = 0; i < call->iovcnt; i++)
		length += call->iov[i].iov_len;
	return length;
}

/* Adds one system call to the job's request. */
static void describe(struct rrj_request *request, const struct job_call *call, int64_t result)
{
	if (!request->calls++) {
		request->op = call->op;
		request->offset = (uint64_t)call->offset;
		request->length = call->iov ? iov_length(call) : call->length;
	}
	request->result = result;
	if ((call->op == RRJ_READ || call->op == RRJ_WRITE) && result > 0 && config.data != RRJ_DATA_NONE)
		request->checksum = checksum(request->checksum, call, (uint64_t)result);
	request->latency_ns = now_ns() - worker.begun_ns;
}

/* Is the caller a worker in the middle of a job, and not one of our own calls? */
static inline bool in_job(void)
{
	return self.role == THREAD_WORKER && worker.working && !self.inside;
}

/* Before the job's first call: that file's identity is taken before the call may change it. */
static void before_call(const struct job_call *call)
{
	if (worker.gate.what.request.calls)
		return;
	self.inside = true;
	worker.gate.what.file = file_of(call->fd);
	self.inside = false;
}

static void after_call(const struct job_call *call, int64_t result)
{
	int saved = errno;

	self.inside = true;
	describe(&worker.gate.what.request, call, result < 0 ? -saved : result);
	if (worker.gate.state == GATE_OPEN)
		gate_hold(&worker.gate);
	self.inside = false;
	errno = saved;
}

/* Makes the call `original`, as one of the job's when a job's thread makes it. */
#define JOB_CALL(returns, original, ...)        \
	struct job_call call = { __VA_ARGS__ }; \
	returns result;                         \
	if (!in_job())                          \
		return original;                \
	before_call(&call);                     \
	result = original;                      \
	after_call(&call, result);              \
	return result;

#define FN(returns, name, parameters, arguments)
#define JOB(returns, name, parameters, arguments, ...)              \
	INTERPOSED returns name parameters;                         \
	INTERPOSED returns name parameters                          \
	{                                                           \
		JOB_CALL(returns, real.name arguments, __VA_ARGS__) \
	}
#include "interpose.def"

/* Variadic in the C library's header; every request has at most one argument. */
INTERPOSED int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	JOB_CALL(int, real.ioctl(fd, request, argument), .fd = fd, .op = RRJ_IOCTL, .offset = (off64_t)request)
}
