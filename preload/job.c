/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job.c - the threads engine: what a worker thread of a pool does, and the gate behind it.
 *
 * Runs in worker threads, but for the gate's publish(). The job's first call ends at the gate; what else
 * the job does (short transfers, zeroes written in pieces, the rest of what it decrypts) happens after its release,
 * inside the turn that waits for it to be published. So a job is one request with one completion point, however many
 * calls it takes. Mostly there is nothing else: then whoever releases it finishes the call, and goes on to the next
 * while the worker tells QEMU. errno is preserved.
 */
#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bounce.h"
#include "config.h"
#include "descriptor.h"
#include "facts.h"
#include "files.h"
#include "insist.h"
#include "interpose.h"
#include "message.h"
#include "outcome.h"
#include "outside.h"
#include "parts.h"
#include "pool.h"
#include "request.h"
#include "self.h"
#include "soon.h"
#include "turnstile.h"

/* The worker's own state; the gate is looked at by whoever holds the turn. */
static __thread struct worker {
	struct pool *pool;
	bool working, leaving, holding;
	bool gated;	   /* its job has passed the gate */
	bool odd, was_odd; /* its job's last call, and one before it: failed, or fell short */
	int64_t begun_ns;
	uint64_t number; /* of its job in the pool */
	struct gate gate;
	struct call *call; /* that it holds at the gate, */
	int64_t result;	   /* and what that returned */
	sem_t released;	   /* without the turnstile's lock, which whoever releases many goes on to hold */
	bool finished;	   /* the call, by whoever has released it */
	const struct rrj_request *recorded;
	struct gate_request *done; /* where it leaves the request for whoever has released it */
} worker __attribute__((tls_model("initial-exec")));

static _Atomic uint64_t ungated, overlong;

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
	worker.pool = pool_of(address);
	sem_init(&worker.released, 0, 0);
	/* Its jobs would pass no gate at all: as bad as one that has. */
	if (!worker.pool && !pool_is_over(address))
		atomic_fetch_add(&ungated, 1);
}

static void pass_by(void)
{
	if (!pool_is_careful())
		atomic_fetch_add(&ungated, 1);
	gate_pass_by(worker.gate.slot, worker.number);
}

static void tell_published(void)
{
	if (worker.was_odd && worker.gate.what.request.calls > RRJ_RESULTS + 1)
		atomic_fetch_add(&overlong, 1);
	if (worker.done) {
		*worker.done = worker.gate.what;
		/* The ticket was not known before, perhaps not even when the request had finished. */
		worker.done->request.ticket = worker.gate.slot->ticket;
	}
	gate_published();
}

void job_before_lock(const pthread_mutex_t *mutex)
{
	if (!pool_has(worker.pool, mutex))
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
	if (!pool_has(worker.pool, mutex))
		return;
	worker.holding = false;
	if (worker.leaving)
		return;
	worker.working = true;
	worker.gated = worker.finished = worker.odd = worker.was_odd = false;
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

/*
 * Was that all of the job, as far as one can tell? block/file-posix.c:handle_aiocb_rw and handle_aiocb_flush return then;
 * once jobs may do without calls, each has to have published before the next.
 */
static bool is_all(const struct worker *owner, const struct rrj_request *recorded)
{
	const struct call *call = owner->call;
	int64_t result = owner->result;

	if (pool_is_careful() || request_result(&(struct rrj_request){ 0 }, recorded, call, result) != result)
		return false;
	return call_transfers(call) ? result > 0 && (uint64_t)result == call->length : call->op == RRJ_FLUSH && !result;
}

static void publish(struct gate *gate, const struct rrj_request *recorded, struct gate_request *done)
{
	struct worker *owner = (struct worker *)((char *)gate - offsetof(struct worker, gate));
	struct pool *pool = owner->pool;
	bool finished = is_all(owner, recorded);

	if (finished)
		call_finish(owner->call, owner->result);
	owner->recorded = recorded;
	owner->done = done;
	owner->finished = finished;
	gate_publishes();
	/* From here on the worker must not be looked at: soon it begins its next job. */
	sem_post(&owner->released);
	if (!finished && gate_settle())
		pool_published(pool);
}

static bool is_held(void)
{
	int posted = 0;

	sem_getvalue(&worker.released, &posted);
	return !posted;
}

/* true: the call has been finished. */
static bool holds(struct call *call, int64_t result)
{
	static struct soon soon; /* of the last one in flight */
	int64_t since = 0;
	bool last;

	turnstile_lock();
	worker.call = call;
	worker.result = result;
	worker.gate.slot->called = worker.number;
	last = gate_arrive(&worker.gate);
	turnstile_unlock();
	if (last)
		since = soon_look(&soon, is_held);
	while (sem_wait(&worker.released) < 0)
		; /* a signal */
	soon_over(&soon, since);
	worker.gated = true;
	return worker.finished;
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
		if (pool_is_careful())
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

/* Is the job's next call carried on with? */
static bool insisting(void)
{
	return worker.gate.what.request.calls >= RRJ_RESULTS - 1;
}

/* What takes the place of a call that is not made as it is: the memory is not the guest's, or it was refused. */
static int64_t instead(const struct call *call)
{
	if (call_wanted(call))
		return insist_transfer(call, insisting());
	errno = (int)-call->then;
	return call->then < 0 ? -1 : 0;
}

/* Its next step may be to see to it that no job asks for that again. */
static void note_refusal(void)
{
	turnstile_lock();
	pool_refused(worker.pool);
	turnstile_unlock();
}

/* The result that the caller is given, which sets errno. now: the host's, or -errno. */
static int64_t after_call(struct call *call, int64_t now)
{
	struct rrj_request *request = &worker.gate.what.request, before = *request;
	int saved = errno;
	int64_t right;

	self.inside = true;
	request_add(request, call, now, worker.begun_ns);
	if (!worker.gated && holds(call, now)) {
		self.inside = false;
		errno = saved;
		return now;
	}
	right = request_result(&before, worker.recorded, call, now);
	if (right != now) {
		*request = before;
		request_add(request, call, right, worker.begun_ns);
	}
	worker.was_odd |= worker.odd;
	worker.odd = right < 0 || (call_transfers(call) && (uint64_t)right < call->length);
	call_finish(call, right);
	if (right < 0 && right != -EINTR && !call_transfers(call))
		note_refusal();
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
	return result_of(call->op == RRJ_COPY && insisting() ? insist_copy(call, answer) : answer);
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
#define INSISTENTLY(original)                                              \
	({                                                                 \
		int64_t result;                                            \
		do                                                         \
			result = (original);                               \
		while (result < 0 && insisting() && insist_again(result)); \
		result;                                                    \
	})

/* Is the call made on something else than what the job has given it? Then elsewhere() makes it. */
static bool is_elsewhere(const struct call *call)
{
	return call_is_virtual(call) || call->bounce || call->refused;
}

/* As after_call takes it. */
static int64_t elsewhere(struct call *call)
{
	return call_is_virtual(call) ? virtual_result(call) : result_of(instead(call));
}

static bool ends_read(const struct call *call, int64_t result, uint64_t done)
{
	/* Direct I/O does not go on from where a file ends that is not aligned. */
	return call->op == RRJ_READ && (result == 0 || (result < 0 && errno == EINVAL && done));
}

/*
 * The rest of a transfer in parts, done as the emulator does it (block/file-posix.c:handle_aiocb_rw): in one piece, and
 * what is behind a file's end is zeros. It would remember that such a call has fallen short, for every job, and do
 * without them from then on (preadv_present): a job's calls would depend on when a worker got to it.
 */
static int64_t go_on(const struct call *call, uint64_t done)
{
	char *buffer = bounce_get(call->length);
	int64_t n = (int64_t)done;

	if (!buffer)
		return n;
	parts_gather(buffer, call->iov, call->iovcnt, call->length);
	while (done < call->length && insist_again(n)) {
		struct call rest = { .fd = call->fd,
				     .op = call->op,
				     .offset = call->offset + (off64_t)done,
				     .length = call->length - done,
				     .data = buffer + done };

		before_call(&rest);
		n = after_call(&rest, elsewhere(&rest));
		done += n > 0 ? (uint64_t)n : 0;
	}
	if (ends_read(call, n, done)) {
		memset(buffer + done, 0, call->length - done);
		done = call->length;
	}
	if (call->op == RRJ_READ)
		parts_scatter(call->iov, call->iovcnt, buffer, done);
	if (done < call->length && n >= 0)
		errno = EINVAL;
	bounce_put(buffer, call->length);
	return done == call->length ? (int64_t)done : -1;
}

/* What the job is told, as its call would have: of a transfer in parts not that it fell short. */
static int64_t finish(struct call *call, int64_t now)
{
	int64_t result = after_call(call, now);
	bool short_of = result > 0 ? (uint64_t)result < call->length : result == 0 && call->op == RRJ_READ;

	if (call->iov && short_of)
		result = go_on(call, (uint64_t)result);
	return said(call, result);
}

/* Makes the call `original`, as one of the job's when a job's thread makes it. */
#define JOB_CALL(returns, original, ...)                                                     \
	struct call call = { __VA_ARGS__ };                                                  \
	if (!in_job())                                                                       \
		return fact_asked(&call) ? (returns)fact_answer(&call, original) : original; \
	before_call(&call);                                                                  \
	return (returns)finish(&call,                                                        \
			       is_elsewhere(&call) ? elsewhere(&call) : host_result(&call, INSISTENTLY(original)));

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
