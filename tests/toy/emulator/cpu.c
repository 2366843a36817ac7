/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpu.c - the vCPUs and their one thread. QEMU: accel/tcg/tcg-accel-ops-rr.c, accel/tcg/cpu-exec.c, softmmu/cpus.c.
 *
 * run() and what it calls: vCPU thread. cpus_*(): main thread with the BQL. cpu_exit(), cpu_kick(), cpu_interrupt():
 * either. A slice is executed without the BQL.
 */
#include "toy.h"

#include <stddef.h>

struct cpu cpus[CPUS_MAX];
EXPORTED __thread struct cpu *current_cpu;

static pthread_cond_t halt_cond = PTHREAD_COND_INITIALIZER, pause_cond = PTHREAD_COND_INITIALIZER,
		      created_cond = PTHREAD_COND_INITIALIZER;
static bool created;	     /* of the BQL */
static _Atomic bool running; /* the machine, not a vCPU */

EXPORTED void cpu_exit(struct cpu *cpu)
{
	cpu->exit_request = true;
}

void cpu_kick(struct cpu *cpu)
{
	(void)cpu;
	pthread_cond_broadcast(&halt_cond);
	for (unsigned i = 0; i < options.cpus; i++)
		cpu_exit(&cpus[i]);
}

void cpu_interrupt(struct cpu *cpu, unsigned irq)
{
	atomic_fetch_or(&cpu->interrupts, irq);
	if (!current_cpu)
		cpu_kick(cpu);
}

void cpu_queue_work(struct cpu *cpu)
{
	cpu->work = true;
	cpu_kick(cpu);
}

void cpu_stop_current(void)
{
	if (!current_cpu)
		return;
	current_cpu->stop = true;
	cpu_exit(current_cpu);
}

static bool is_idle(struct cpu *cpu)
{
	if (cpu->stop || cpu->work)
		return false;
	return cpu->stopped || (cpu->halted && !cpu->interrupts);
}

bool cpus_idle(void)
{
	for (unsigned i = 0; i < options.cpus; i++)
		if (!is_idle(&cpus[i]))
			return false;
	return true;
}

bool cpus_running(void)
{
	return running;
}

/* ---- one slice ---- */

static void take_interrupts(struct cpu *cpu)
{
	unsigned irqs;

	if (!cpu->interrupts)
		return;
	bql_lock();
	irqs = atomic_exchange(&cpu->interrupts, 0);
	guest_interrupt(cpu, irqs);
	bql_unlock();
}

static void execute(struct cpu *cpu)
{
	if (cpu->halted && !cpu->interrupts)
		return;
	cpu->halted = false;
	cpu->running = true;
	for (;;) {
		cpu->can_do_io = true;
		take_interrupts(cpu);
		if (atomic_exchange(&cpu->exit_request, false) || !cpu->left || cpu->halted)
			break;
		cpu->can_do_io = false;
		guest_block(cpu);
	}
	cpu->running = false;
}

static void slice(struct cpu *cpu)
{
	bql_unlock();
	jitter();
	icount_prepare(cpu);
	execute(cpu);
	icount_update(cpu);
	cpu->budget = cpu->left = 0;
	bql_lock();
}

/* ---- the thread ---- */

static void process_events(void)
{
	for (unsigned i = 0; i < options.cpus; i++) {
		struct cpu *cpu = &cpus[i];

		if (cpu->stop) {
			cpu->stop = false;
			cpu->stopped = true;
			pthread_cond_broadcast(&pause_cond);
		}
		cpu->work = false;
	}
}

static void wait_for_work(void)
{
	while (cpus_idle())
		bql_wait(&halt_cond);
	process_events();
}

/* The vCPUs' slices, in turn from this one on; which vCPU comes next, or NULL. */
static struct cpu *slices(struct cpu *cpu)
{
	while (cpu && !cpu->work && !cpu->exit_request) {
		current_cpu = cpu;
		clock_enable(true);
		if (!cpu->stop && !cpu->stopped)
			slice(cpu);
		else if (cpu->stop)
			break;
		cpu = cpu->index + 1 < options.cpus ? cpu + 1 : NULL;
	}
	return cpu;
}

static void wait_for_start(void)
{
	while (cpus[0].stopped) {
		bql_wait(&halt_cond);
		current_cpu = &cpus[0];
		process_events();
	}
}

static void *run(void *argument)
{
	struct cpu *cpu = argument;

	bql_lock();
	created = true;
	pthread_cond_signal(&created_cond);
	wait_for_start();
	cpu->exit_request = true;
	for (;;) {
		bql_unlock();
		bql_lock();
		if (qemu_clock_deadline_ns_all(1, -1) == 0) {
			clock_notify();
			timers_run(TIMERS_VCPU);
		}
		cpu = slices(cpu ? cpu : &cpus[0]);
		if (cpu)
			cpu->exit_request = false;
		if (cpus_idle())
			aio_notify();
		wait_for_work();
	}
	return NULL;
}

/* ---- the main thread's side ---- */

void cpus_start(void)
{
	for (unsigned i = 0; i < options.cpus; i++) {
		cpus[i].index = i;
		cpus[i].stopped = true;
	}
	thread_create("ALL CPUs/TCG", run, &cpus[0]);
	while (!created)
		bql_wait(&created_cond);
	running = true;
	cpus_resume();
}

static bool all_stopped(void)
{
	for (unsigned i = 0; i < options.cpus; i++)
		if (!cpus[i].stopped)
			return false;
	return true;
}

void cpus_pause(void)
{
	clock_enable(false);
	for (unsigned i = 0; i < options.cpus; i++) {
		cpus[i].stop = true;
		cpu_kick(&cpus[i]);
	}
	while (!all_stopped()) {
		bql_wait(&pause_cond);
		cpu_kick(&cpus[0]);
	}
	bql_unlock();
	bql_lock();
}

void cpus_resume(void)
{
	clock_enable(true);
	for (unsigned i = 0; i < options.cpus; i++) {
		cpus[i].stop = false;
		cpus[i].stopped = false;
	}
	cpu_kick(&cpus[0]);
}
