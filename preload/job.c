/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job.c - the threads engine: what a worker thread of a pool does, and the gate behind it.
 *
 * Runs in worker threads, but for job_pool_add() and job_submitted(). The job's first call ends at the gate; what else
 * the job does (short transfers, zeroes written in pieces, the rest of what it decrypts) happens after its release,
 * inside the turn that waits for it to be published. So a job is one request with one completion point, however many
 * calls it takes. errno is preserved.
 */
#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "config.h"
#include "descriptor.h"
#include "facts.h"
#include "files.h"
#include "interpose.h"
#include "message.h"
#include "outcome.h"
#include "outside.h"
#include "request.h"
#include "self.h"
#include "turnstile.h"

/*
 * A ThreadPool begins with pointers, its mutex and its conditions, of which only request_cond is signalled by others
 * than workers: util/thread-pool.c, struct ThreadPool, 7.2 to 11.0. Nothing else that is locked or signalled lies so
 * near behind its start.
 */
enum { POOL_REACH = 200, POOLS = 64 };

static struct pool {
	const void *address;
	unsigned loop;
	uint64_t submitted; /* of whoever runs */
	uint64_t taken;	    /* the pool's lock protects it */
	struct ticket_slot slots[TICKETS];
} pools[POOLS];

static _Atomic unsigned pool_count;

/* The worker's own state; the gate is looked at by whoever holds the turn. */
static __thread struct worker {
	struct pool *pool;
	bool working, leaving, holding;
	bool gated; /* its job has passed the gate */
	bool odd, was_odd; /* its job's last call, and one before it: failed, or fell short */
	int64_t begun_ns;
	uint64_t number; /* of its job in the pool */
	struct gate gate;
	pthread_cond_t released;
	const struct rrj_request *recorded;
	struct gate_request *done; /* where it leaves the request, once published: the gate is for its next job then */
	bool is_released;
} worker __attribute__((tls_model("initial-exec"))) = { .released = PTHREAD_COND_INITIALIZER };

static pthread_cond_t published = PTHREAD_COND_INITIALIZER;
static _Atomic uint64_t ungated, overlong;

/*
 * Once a flush or discard has failed, later ones of that file may make no call: block/file-posix.c:handle_aiocb_flush
 * knows that its answer would mean nothing, handle_aiocb_discard that the host cannot do it. Then whoever submits a job
 * waits until it has come to a call, or has published: with its submission, where replay finds it again. Changed by
 * whoever holds the turn.
 */
static _Atomic bool careful;

static bool belongs_to(const struct pool *pool, const void *address)
{
	return pool && (uintptr_t)address - (uintptr_t)pool->address < POOL_REACH;
}

void job_pool_add(const void *address, unsigned loop)
{
	unsigned n = atomic_load(&pool_count);

	if (n == POOLS)
		message_end(STATUS_UNSUPPORTED,
			    "more than %d event loops with thread pools cannot be recorded [too-many-loops]", POOLS);
	pools[n].address = address;
	pools[n].loop = loop;
	atomic_store(&pool_count, n + 1);
}

void job_pool_forget(unsigned loop)
{
	unsigned n = atomic_load(&pool_count);

	for (struct pool *pool = pools; pool < pools + n; pool++)
		if (pool->loop == loop)
			pool->address = NULL;
}

static struct pool *pool_of(const void *address)
{
	unsigned n = atomic_load_explicit(&pool_count, memory_order_acquire);

	for (struct pool *pool = pools; pool < pools + n; pool++)
		if (belongs_to(pool, address))
			return pool;
	return NULL;
}

void job_submitted(const pthread_cond_t *cond)
{
	struct pool *pool = pool_of(cond);
	uint64_t number;

	if (!pool)
		return;
	number = ++pool->submitted;
	ticket_take(&pool->slots[number % TICKETS], number, turnstile_icount(), NULL);
}

void job_signalled(const pthread_cond_t *cond)
{
	struct pool *pool = careful ? pool_of(cond) : NULL;

	if (pool)
		gate_await_job(&pool->slots[pool->submitted % TICKETS], pool->submitted);
}

void job_wake(void)
{
	real.pthread_cond_broadcast(&published);
}

uint64_t job_ungated(void)
{
	return atomic_load(&ungated);
}

uint64_t job_overlong(void)
{
	return atomic_load(&overlong);
}

/* ---- a worker's way ---- */

void job_worker_begins(const void *address)
{
	unsigned n = atomic_load_explicit(&pool_count, memory_order_acquire);

	for (struct pool *pool = pools; pool < pools + n; pool++)
		if (pool->address == address)
			worker.pool = pool;
	/* Its jobs would pass no gate at all: as bad as one that has. */
	if (!worker.pool)
		atomic_fetch_add(&ungated, 1);
}

static void pass_by(void)
{
	if (!careful)
		atomic_fetch_add(&ungated, 1);
	gate_pass_by(worker.gate.slot, worker.number);
}

static void tell_published(void)
{
	if (worker.was_odd && worker.gate.what.request.calls > RRJ_RESULTS + 1)
		atomic_fetch_add(&overlong, 1);
	turnstile_lock();
	if (worker.done) {
		*worker.done = worker.gate.what;
		/* The ticket was not known before, perhaps not even when the request had finished. */
		worker.done->request.ticket = worker.gate.slot->ticket;
	}
	turnstile_unlock();
	real.pthread_cond_broadcast(&published);
}

void job_before_lock(const pthread_mutex_t *mutex)
{
	if (!belongs_to(worker.pool, mutex))
		return;
	if (worker.working && worker.gated)
		tell_published();
	else if (worker.working)
		pass_by();
	worker.working = false;
	worker.holding = true;
}

static gate_publish publish;

void job_before_unlock(const pthread_mutex_t *mutex)
{
	if (!belongs_to(worker.pool, mutex))
		return;
	worker.holding = false;
	if (worker.leaving)
		return;
	worker.working = true;
	worker.gated = worker.odd = worker.was_odd = false;
	worker.recorded = NULL;
	worker.begun_ns = request_now_ns();
	worker.number = ++worker.pool->taken;
	worker.gate = (struct gate){
		.publish = publish,
		.slot = &worker.pool->slots[worker.number % TICKETS],
		.loop = worker.pool->loop,
	};
	gate_begun();
}

void job_signals(void)
{
	if (worker.holding)
		worker.leaving = true;
}

/* ---- the gate ---- */

static void publish(struct gate *gate, const struct rrj_request *recorded, struct gate_request *done)
{
	struct worker *owner = (struct worker *)((char *)gate - offsetof(struct worker, gate));

	done->request.ticket = 0;
	owner->recorded = recorded;
	owner->done = done;
	owner->is_released = true;
	real.pthread_cond_signal(&owner->released);
	/* The worker must not be looked at any more: soon it begins its next job. */
	/* cppcheck-suppress knownConditionTrueFalse ; the worker fills it in */
	while (!done->request.ticket && config.mode != MODE_OFF)
		gate_publishing(&published);
	/* A recording that has been given up does not wait for it: nor may the worker come back to this later. */
	/* cppcheck-suppress knownConditionTrueFalse ; as above */
	if (!done->request.ticket)
		owner->done = NULL;
	else if (done->request.op != RRJ_READ && done->request.op != RRJ_WRITE && done->request.result < 0)
		careful = true;
}

static void hold(void)
{
	turnstile_lock();
	worker.is_released = false;
	worker.gate.slot->called = worker.number;
	gate_arrive(&worker.gate);
	while (!worker.is_released && config.mode != MODE_OFF)
		turnstile_wait(&worker.released);
	turnstile_unlock();
	worker.gated = true;
}

/* Is the caller a worker in the middle of a job, and not one of our own calls? */
static inline bool in_job(void)
{
	return self.role == THREAD_WORKER && worker.working && !self.inside && config.mode != MODE_OFF;
}

/* Replay: the host may have refused this call then. A worker can get to its job before the job has its ticket. */
static void ask_recording(struct call *call)
{
	const struct ticket_slot *slot = worker.gate.slot;
	int64_t then;

	if (worker.gated) {
		if (request_recorded_result(worker.recorded, worker.gate.what.request.calls, &then))
			call_refused(call, then);
		return;
	}
	if (!outcome_any())
		return;
	while (slot->number != worker.number)
		sched_yield();
	if (outcome_of(slot->ticket, &then))
		call_refused(call, then);
}

/* What the call is about to change is saved; the file's identity is taken before the first call may change it. */
static void before_call(struct call *call)
{
	struct file *file;

	self.inside = true;
	file = file_of(call->fd);
	if (!worker.gated) {
		if (careful)
			gate_called(worker.gate.slot, worker.number);
		worker.gate.what.file = file;
	}
	call_begin(call);
	call->image = file && file->image.is ? &file->image : NULL;
	if (call->image && recording())
		image_save(call->image, call);
	if (replaying() && !call_is_virtual(call))
		ask_recording(call);
	self.inside = false;
}

/*
 * A record has room for the results of so many calls. A job goes on with what fell short or was interrupted, however
 * often that happens: from here on it is done for the job, to its end, and seen as one call. Behind it there may be one
 * more, which says that there is nothing more to be had, or why.
 */
static bool insists(void)
{
	return worker.gate.what.request.calls >= RRJ_RESULTS - 1;
}

static bool goes_on(int64_t result)
{
	return insists() && (result > 0 || (result < 0 && errno == EINTR));
}

static int64_t transfer(const struct call *call)
{
	char *memory = call->bounce ? call->bounce : (void *)call->data;
	uint64_t size = call_size(call), done = 0;
	int64_t n;

	do {
		off64_t offset = call->offset + (off64_t)done;

		n = call->op == RRJ_READ ? real.pread64(call->fd, memory + done, size - done, offset)
					 : real.pwrite64(call->fd, memory + done, size - done, offset);
		done += n > 0 ? (uint64_t)n : 0;
	} while (done < size && goes_on(n));
	return done ? (int64_t)done : n;
}

/* What takes the place of a call that is not made as it is: the memory is not the guest's, or it was refused. */
static int64_t instead(const struct call *call)
{
	if (call_wanted(call))
		return transfer(call);
	errno = (int)-call->then;
	return call->then < 0 ? -1 : 0;
}

/* The rest of a copy that fell short; its offsets have moved on. */
static int64_t copy_on(const struct call *call, int64_t result)
{
	uint64_t done = result > 0 ? (uint64_t)result : 0;

	while (done < call->length && goes_on(result)) {
		result = real.copy_file_range(call->from, call->from_at, call->fd, call->to_at, call->length - done, 0);
		done += result > 0 ? (uint64_t)result : 0;
	}
	return done ? (int64_t)done : result;
}

/* The result that the caller is given, which sets errno. now: the host's, or -errno. */
static int64_t after_call(struct call *call, int64_t now)
{
	struct rrj_request *request = &worker.gate.what.request, before = *request;
	int saved = errno;
	int64_t right;

	self.inside = true;
	request_add(request, call, now, worker.begun_ns);
	if (!worker.gated)
		hold();
	right = request_result(&before, worker.recorded, call, now);
	if (right != now) {
		*request = before;
		request_add(request, call, right, worker.begun_ns);
	}
	worker.was_odd |= worker.odd;
	worker.odd = right < 0 || (call_transfers(call) && (uint64_t)right < call->length);
	call_finish(call, right);
	self.inside = false;
	errno = right < 0 ? (int)-right : saved;
	return right < 0 ? -1 : right;
}

/* As after_call takes it. */
static int64_t result_of(int64_t result)
{
	return result < 0 ? -errno : result;
}

/* The same, of the host's own answer. */
static int64_t host_result(const struct call *call, int64_t answer)
{
	if (call->says_error)
		return -answer;
	return result_of(call->op == RRJ_COPY ? copy_on(call, answer) : answer);
}

/* As the caller is told what after_call has returned. */
static int64_t said(const struct call *call, int64_t result)
{
	return call->says_error && result < 0 ? errno : result;
}

static int64_t virtual_result(struct call *call)
{
	int64_t result;

	self.inside = true;
	result = call_virtually(call);
	self.inside = false;
	return result;
}

/* A call that transfers nothing, or whose memory is the guest's. */
#define INSISTENTLY(original)                             \
	({                                                \
		int64_t result;                           \
		do                                        \
			result = (original);              \
		while (result < 0 && goes_on(result));    \
		result;                                   \
	})

/* Makes the call `original`, as one of the job's when a job's thread makes it. */
#define JOB_CALL(returns, original, ...)                                                     \
	struct call call = { __VA_ARGS__ };                                                  \
	if (!in_job())                                                                       \
		return fact_asked(&call) ? (returns)fact_answer(&call, original) : original; \
	before_call(&call);                                                                  \
	if (call_is_virtual(&call))                                                          \
		return (returns)said(&call, after_call(&call, virtual_result(&call)));       \
	if (call.bounce || call.refused)                                                     \
		return (returns)said(&call, after_call(&call, result_of(instead(&call))));   \
	return (returns)said(&call, after_call(&call, host_result(&call, INSISTENTLY(original))));

#define FN(returns, name, parameters, arguments)
#define JOB(returns, name, parameters, arguments, ...)              \
	INTERPOSED returns name parameters;                         \
	INTERPOSED returns name parameters                          \
	{                                                           \
		JOB_CALL(returns, real.name arguments, __VA_ARGS__) \
	}
#define EXTERNAL(returns, name, parameters, arguments, ...)
#define COMPUTE(returns, name, parameters, arguments)
#include "interpose.def"

/* Variadic in the C library's header; every request has at most one argument. */
INTERPOSED int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (outside_is_call(fd))
		return outside_ioctl(fd, request, argument);
	JOB_CALL(int, real.ioctl(fd, request, argument), .fd = fd, .op = RRJ_IOCTL, .offset = (off64_t)request,
		 .data = argument)
}

/* ---- writes that are no requests: an image is filled with zeros (block/file-posix.c:handle_aiocb_truncate) ---- */

/*
 * There are so many that only the one that fails counts: as a call that returns where it was, and one that fails. What
 * comes behind those that did not is a flush, whose result is no place when it fails.
 */
static void failed_at(off64_t place, int error)
{
	struct call where = { .fd = -1, .op = RRJ_OPAQUE }, how = where;

	after_call(&where, place);
	after_call(&how, -error);
}

void job_write_failed(int fd)
{
	int error = errno;

	if (in_job() && recording() && error != EINTR && descriptor_known(fd))
		failed_at(real.lseek64(fd, 0, SEEK_CUR), error);
	errno = error;
}

bool job_write_fails(off64_t place)
{
	uint32_t calls = worker.gate.what.request.calls;
	int64_t at, then;

	if (!worker.gated || !worker.recorded || !request_recorded_result(worker.recorded, calls, &at) || at != place ||
	    !request_recorded_result(worker.recorded, calls + 1, &then) || then >= 0)
		return false;
	failed_at(place, (int)-then);
	return true;
}

/* ---- jobs that compute ---- */

struct compute {
	bool first;
};

/* A job's first call of a library: it ends at the gate as a system call does; the others are part of it. */
static void after_compute(const struct compute *compute)
{
	struct call call = { .fd = -1, .op = RRJ_COMPUTE };

	if (compute->first)
		after_call(&call, 0);
}

/* The gate is behind the call, whatever it returns. */
#define COMPUTING                                                                        \
	const struct compute compute __attribute__((cleanup(after_compute), unused)) = { \
		.first = in_job() && !worker.gated,                                      \
	}

#define FN(returns, name, parameters, arguments)
#define JOB(returns, name, parameters, arguments, ...)
#define EXTERNAL(returns, name, parameters, arguments, ...)
#define COMPUTE(returns, name, parameters, arguments) \
	INTERPOSED returns name parameters;           \
	INTERPOSED returns name parameters            \
	{                                             \
		COMPUTING;                            \
		return real.name arguments;           \
	}
#include "interpose.def"
