/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * toy.h - a toy emulator: threads, locks, polls and system calls as in QEMU 7.2, around a made-up guest.
 *
 * Function names are QEMU's where librrio.so looks for them (EXPORTED), or where they stand for the same thing. What
 * each file copies is named at its top.
 */
#ifndef TOY_H
#define TOY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define EXPORTED __attribute__((visibility("default")))

enum { CPUS_MAX = 4, DEPTH_MAX = 16, BLOCK = 4096, BLOCKS_PER_SLOT = 4 };

struct options {
	const char *disk, *trace;
	uint64_t seed;
	unsigned requests, depth, cpus, shift;
	bool pause, nested, reboot, opaque, stall, ticks, closed;
};

extern struct options options;

/* ---- main.c ---- */

/* The same numbers in each run; *state must not be 0. */
uint64_t random_next(uint64_t *state);

_Noreturn void die(const char *what);

/* As qemu_thread_create(): the thread's argument holds its name. */
void thread_create(const char *name, void *(*start)(void *), void *argument);

/* ---- trace.c: what the guest has seen ---- */

void trace_open(const char *path);
__attribute__((format(printf, 1, 2))) void trace(const char *format, ...);
uint32_t trace_close(void);

/* ---- jitter.c: host delays and deliberate differences, from the environment ---- */

void jitter_init(void);

/* May sleep for some microseconds, or not: nothing that the guest sees may depend on it. */
void jitter(void);

enum perturbation {
	PERTURB_NOTHING,
	PERTURB_DATA,
	PERTURB_IMAGE,
	PERTURB_ORDER,
	PERTURB_COUNT,
	PERTURB_DROP,
	PERTURB_RANDOM,
	PERTURB_RESULT, /* a read that is short */
	PERTURB_LATE,	/* a request that takes a second longer */
	PERTURB_HANG,	/* one that never ends */
	PERTURB_ABORT,
	PERTURB_LEAVE, /* _exit */
	PERTURB_EXIT,
	PERTURB_FORK,
	PERTURB_KILL,
	PERTURB_MANY,  /* a read of many system calls */
	PERTURB_ODD,   /* the same, and one of them fails */
	PERTURB_STUCK, /* the vCPU thread stands still, for some seconds */
	PERTURB_UNLOAD, /* exit, which closes every library as often as it can */
	PERTURBATIONS
};

/* Is it now that this run shall differ from others? */
bool perturbed(enum perturbation what, unsigned request);

/* ---- loop.c: the main loop ---- */

void bql_lock(void);
void bql_unlock(void);

/* Waits for a condition with the BQL. */
void bql_wait(pthread_cond_t *condition);

struct bh {
	void (*run)(void *opaque);
	void *opaque;
	_Atomic bool listed, scheduled;
	struct bh *next;
};

void bh_schedule(struct bh *bh);
void bh_cancel(struct bh *bh);
void aio_notify(void);
bool aio_poll(bool blocking);
void loop_init(void);
void loop_run(void);

/* Rung by the guest; answered by the main loop. */
void doorbell_ring(void);

enum request_kind { REQUEST_SHUTDOWN = 1, REQUEST_RESET = 2 };
void system_request(enum request_kind what);

/* ---- timers.c: the virtual clock ---- */

enum timer_list { TIMERS_VCPU, TIMERS_LOOP };

struct timer {
	enum timer_list list;
	void (*run)(void *opaque);
	void *opaque;
	int64_t expires; /* -1: not armed */
};

void timer_add(struct timer *timer);
void timer_mod(struct timer *timer, int64_t expires);
void timers_run(enum timer_list list);
void clock_notify(void);
void clock_enable(bool enabled);
int64_t qemu_clock_deadline_ns_all(int clock, int attributes);

/* ---- icount.c, round.c ---- */

struct cpu;
int64_t icount_get_raw(void);
int64_t icount_to_ns(int64_t icount);
int64_t icount_round(int64_t ns);
int64_t icount_now_ns(void);
void icount_update(struct cpu *cpu);
void icount_start_warp(void);
void icount_prepare(struct cpu *cpu);

/* ---- cpu.c ---- */

enum { IRQ_DISK = 1, IRQ_TIMER = 2, IRQ_TICK = 4 };

struct cpu {
	unsigned index;
	_Atomic unsigned interrupts;
	_Atomic bool exit_request, stop, stopped, work, halted;
	bool running, can_do_io;
	int64_t budget, left;
};

extern struct cpu cpus[CPUS_MAX];
extern EXPORTED __thread struct cpu *current_cpu;

void cpu_exit(struct cpu *cpu);
void cpu_kick(struct cpu *cpu);
void cpu_interrupt(struct cpu *cpu, unsigned irq);
void cpu_queue_work(struct cpu *cpu);
void cpu_stop_current(void);
bool cpus_idle(void);
bool cpus_running(void);
void cpus_start(void);
void cpus_pause(void);
void cpus_resume(void);

/* ---- pool.c ---- */

enum job_state { JOB_QUEUED, JOB_ACTIVE, JOB_DONE };

struct job {
	int (*run)(void *argument);
	void (*done)(void *argument, int result);
	void *argument;
	int result;
	_Atomic enum job_state state;
	struct job *next_all, *next_queued;
};

void pool_init(void);
void pool_submit(struct job *job);
void pool_set_size(unsigned min, unsigned max);
void *pool_address(void);

/* ---- disk.c ---- */

enum disk_op { DISK_READ, DISK_READ_PARTS, DISK_WRITE, DISK_ZERO, DISK_FLUSH, DISK_OPAQUE };

struct disk_command {
	enum disk_op op;
	unsigned cpu, slot, block;
	uint64_t value; /* of the data to write */
	unsigned number;
};

void disk_init(void);

/* By the guest: at once, in the vCPU thread; or through the ring, which the main loop reads when the bell rings. */
void disk_command(const struct disk_command *command);
void disk_queue(const struct disk_command *command);
void disk_read_ring(void);

/* The next finished slot of a vCPU, or -1; *sum is a checksum of its data. */
int disk_finished(unsigned cpu, uint64_t *sum);
void disk_drain(void);
void disk_reset(void);
void disk_flush(void);

/* ---- guest.c ---- */

void guest_init(void);
void guest_reset(void);

/* Executes one block, at most cpu->left instructions. */
void guest_block(struct cpu *cpu);
void guest_interrupt(struct cpu *cpu, unsigned irqs);

#endif
