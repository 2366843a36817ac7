/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest.c - the made-up guest: each vCPU computes for some instructions, then does something that can be seen.
 *
 * vCPU thread, in a slice; guest_reset() in the main thread while all vCPUs are stopped. What it sees goes into its
 * state, and so decides what it does next: two runs that differ once go on differing.
 */
#include "toy.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK_INSTRUCTIONS = 500, SPIN = 8, CLEAN_NS = 3000000 };

static struct guest {
	uint64_t state;
	int64_t ahead; /* instructions until it does something */
	unsigned left; /* requests to make */
	unsigned busy; /* slots in use, a bit each */
	bool done, armed;
	struct timer timer;
} guests[CPUS_MAX];

static unsigned made, finished, boots;
static struct timer cleaner;

/* What the guest sees becomes part of it. */
static void see(struct cpu *cpu, const char *what, uint64_t value)
{
	struct guest *guest = &guests[cpu->index];

	trace("%s cpu %u at %" PRId64 ": %016" PRIx64, what, cpu->index, icount_get_raw(), value);
	guest->state = (guest->state ^ value) * 0x9e3779b97f4a7c15;
	guest->state |= !guest->state;
}

static unsigned choose(struct cpu *cpu, unsigned n)
{
	return (unsigned)(random_next(&guests[cpu->index].state) >> 33) % n;
}

/* ---- what it does ---- */

static void finish(struct cpu *cpu)
{
	guests[cpu->index].done = true;
	see(cpu, "done", 0);
	cpu->halted = true;
	bql_lock();
	if (++finished == options.cpus)
		system_request(REQUEST_SHUTDOWN);
	bql_unlock();
}

static unsigned free_slot(const struct guest *guest)
{
	unsigned slot = 0;

	while (slot < options.depth && guest->busy & 1u << slot)
		slot++;
	return slot;
}

/* In the order, or as the only one, that a deliberate difference asks for. */
static void issue(const struct disk_command *command)
{
	static struct disk_command kept;

	if (perturbed(PERTURB_ORDER, command->number)) {
		kept = *command;
	} else if (!perturbed(PERTURB_DROP, command->number)) {
		disk_command(command);
		if (perturbed(PERTURB_ORDER, command->number - 1))
			disk_command(&kept);
	}
}

/* What has preloaded it may be closed, but not go before the process does. */
static void unload(void)
{
	void *library = dlopen("librrio.so", RTLD_LAZY | RTLD_NOLOAD);

	for (int i = 0; library && i < 3; i++)
		dlclose(library);
}

/* The emulator's end, or a helper of its: whatever it does, it does in the middle of the guest's work. */
static void befall(unsigned number)
{
	pid_t child;

	if (perturbed(PERTURB_ABORT, number))
		abort();
	if (perturbed(PERTURB_LEAVE, number))
		_exit(61);
	if (perturbed(PERTURB_EXIT, number))
		exit(62);
	if (perturbed(PERTURB_UNLOAD, number)) {
		if (atexit(unload))
			die("no exit handler");
		unload();
		exit(63);
	}
	if (perturbed(PERTURB_KILL, number))
		raise(SIGKILL);
	if (perturbed(PERTURB_STUCK, number))
		sleep(8);
	if (!perturbed(PERTURB_FORK, number))
		return;
	fflush(NULL);
	child = fork();
	if (!child)
		exit(close(open("/dev/null", O_RDONLY | O_CLOEXEC)));
	if (child < 0 || waitpid(child, NULL, 0) != child)
		die("no child");
}

static void submit(struct cpu *cpu)
{
	static const enum disk_op ops[] = { DISK_READ,	DISK_READ,  DISK_READ, DISK_READ_PARTS,
					    DISK_WRITE, DISK_WRITE, DISK_ZERO, DISK_FLUSH };
	struct guest *guest = &guests[cpu->index];
	struct disk_command command = { .cpu = cpu->index, .slot = free_slot(guest) };

	if (!guest->left || command.slot == options.depth)
		return;
	command.op = ops[choose(cpu, 8)];
	/* The second for certain: one run in some four hundred would choose none. */
	if (options.opaque && (!choose(cpu, 4) || made == 1))
		command.op = DISK_OPAQUE;
	command.block = choose(cpu, BLOCKS_PER_SLOT);
	command.value = guest->state;
	command.number = ++made;
	guest->left--;
	befall(command.number);
	guest->busy |= 1u << command.slot;
	see(cpu, "submit", command.number << 16 | command.slot << 8 | command.op);
	bql_lock();
	if (command.number % 3) {
		issue(&command);
	} else {
		disk_queue(&command);
		doorbell_ring();
	}
	bql_unlock();
}

static void read_clock(struct cpu *cpu)
{
	see(cpu, "clock", (uint64_t)icount_now_ns());
}

static void read_rtc(struct cpu *cpu)
{
	struct timespec now;

	if (options.closed)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	see(cpu, "rtc", (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
}

static void read_random(struct cpu *cpu)
{
	uint64_t bytes = 0;
	size_t size = perturbed(PERTURB_RANDOM, made) ? 4 : 8;

	if (options.closed)
		return;
	if (getrandom(&bytes, size, 0) != (ssize_t)size)
		die("no random bytes");
	see(cpu, "random", bytes);
}

static void arm_timer(struct cpu *cpu)
{
	struct guest *guest = &guests[cpu->index];
	int64_t delay = icount_to_ns(1 + choose(cpu, 30000));

	if (guest->armed)
		return;
	guest->armed = true;
	bql_lock();
	timer_mod(&guest->timer, icount_now_ns() + delay);
	bql_unlock();
}

/* Only when something is sure to end it. */
static void halt(struct cpu *cpu)
{
	const struct guest *guest = &guests[cpu->index];

	if (guest->busy || guest->armed)
		cpu->halted = true;
}

static void drain(struct cpu *cpu)
{
	if (!options.nested)
		return;
	bql_lock();
	disk_drain();
	bql_unlock();
	see(cpu, "drained", guests[cpu->index].busy);
}

static void reboot(struct cpu *cpu)
{
	if (!options.reboot || boots || made < options.requests * options.cpus / 2)
		return;
	boots++;
	see(cpu, "reboot", 0);
	bql_lock();
	system_request(REQUEST_RESET);
	bql_unlock();
}

static void (*const actions[])(struct cpu *cpu) = {
	submit,	  submit,      submit,	  submit, submit, submit, read_clock,
	read_rtc, read_random, arm_timer, halt,	  halt,	  drain,  reboot,
};

static void act(struct cpu *cpu)
{
	struct guest *guest = &guests[cpu->index];

	guest->ahead = 200 + choose(cpu, 8000) + perturbed(PERTURB_COUNT, made);
	if (guest->done || (!guest->left && guest->busy))
		cpu->halted = true;
	else if (!guest->left)
		finish(cpu);
	else
		actions[choose(cpu, sizeof(actions) / sizeof(actions[0]))](cpu);
}

/* ---- what the emulator calls ---- */

static void compute(struct guest *guest, int64_t instructions)
{
	uint64_t state = guest->state;

	for (int64_t i = 0; i < instructions * SPIN / 16; i++)
		random_next(&state);
	/* Used, so that it is computed; and the same however the instructions are cut into blocks. */
	guest->state |= state == 0;
}

void guest_block(struct cpu *cpu)
{
	struct guest *guest = &guests[cpu->index];
	int64_t n = guest->ahead < BLOCK_INSTRUCTIONS ? guest->ahead : BLOCK_INSTRUCTIONS;

	if (n > cpu->left)
		n = cpu->left;
	compute(guest, n);
	guest->ahead -= n;
	cpu->left -= n;
	if (guest->ahead || !cpu->left)
		return;
	/* A device access is the last instruction of its block. */
	cpu->left--;
	cpu->can_do_io = true;
	jitter();
	act(cpu);
}

void guest_interrupt(struct cpu *cpu, unsigned irqs)
{
	struct guest *guest = &guests[cpu->index];
	uint64_t sum;
	int slot;

	see(cpu, "interrupt", irqs);
	cpu->halted = false;
	if (irqs & IRQ_TIMER)
		guest->armed = false;
	while (irqs & IRQ_DISK && (slot = disk_finished(cpu->index, &sum)) >= 0) {
		guest->busy &= ~(1u << slot);
		see(cpu, "finished", (uint64_t)slot << 56 ^ sum);
	}
}

static void timer_fired(void *opaque)
{
	cpu_interrupt(opaque, IRQ_TIMER);
}

/* A block driver's timer: on the virtual clock, and only the main loop runs it. */
static void clean(void *unused)
{
	(void)unused;
	trace("clean at %" PRId64, icount_get_raw());
	timer_mod(&cleaner, icount_now_ns() + CLEAN_NS);
}

static void boot(unsigned cpu)
{
	struct guest *guest = &guests[cpu];

	guest->state = (options.seed + cpu) * 0x9e3779b97f4a7c15 + boots;
	guest->ahead = 1 + cpu;
	guest->busy = 0;
	guest->armed = false;
	timer_mod(&guest->timer, -1);
}

void guest_init(void)
{
	for (unsigned i = 0; i < options.cpus; i++) {
		guests[i].timer = (struct timer){ .list = TIMERS_VCPU, .run = timer_fired, .opaque = &cpus[i] };
		guests[i].left = options.requests;
		timer_add(&guests[i].timer);
		boot(i);
	}
	cleaner = (struct timer){ .list = TIMERS_LOOP, .run = clean };
	timer_add(&cleaner);
	if (options.stall)
		timer_mod(&cleaner, CLEAN_NS);
}

void guest_reset(void)
{
	for (unsigned i = 0; i < options.cpus; i++) {
		boot(i);
		cpus[i].interrupts = 0;
		cpus[i].halted = false;
	}
}
