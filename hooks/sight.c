/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sight.c - replaces what of the emulator stands between a debugger and an exact replay. Who calls what: sight.h.
 *
 * To the emulator, stopping is a thing of all its parts: clocks, disks that are drained, devices that are told. None of
 * that is in the recording. So for its gdb server and monitors the machine is stopped when its state says so, and the
 * functions that do it do nothing. A device's register may change when it is read; nobody reads one meanwhile.
 */
#include "sight.h"

#include <stddef.h>
#include <stdint.h>

#include "emulator.h"
#include "entry.h"

static const struct sight_calls *calls;

static void between(void)
{
	calls->between();
}

static void breakpoint(void *cpu)
{
	calls->breakpoint(cpu);
}

/* ---- while somebody looks ---- */

static int stop(int state)
{
	(void)state;
	return 0;
}

static void start(void)
{
}

/* -1: the vCPUs are not to be resumed. */
static int prepare_start(bool step)
{
	(void)step;
	return -1;
}

/* include/exec/memattrs.h */
enum { MEMTX_DECODE_ERROR = 2 };

static int device_read(void *region, uint64_t at, uint64_t *value, int op, uint64_t attributes)
{
	(void)region, (void)at, (void)op, (void)attributes;
	*value = 0;
	return MEMTX_DECODE_ERROR;
}

static int device_write(void *region, uint64_t at, uint64_t value, int op, uint64_t attributes)
{
	(void)region, (void)at, (void)value, (void)op, (void)attributes;
	return MEMTX_DECODE_ERROR;
}

/* No block depends on a breakpoint (6.1 on); and that it is done by work that is queued for a vCPU ends others' slices. */
static void tb_flush(void *cpu)
{
	(void)cpu;
}

#define SIGHT(member, ours) { (void **)&emu.member, (void *)(ours), { 0 } }

static struct closed {
	void **function;
	void *ours;
	struct entry_swap swap;
} closed[] = {
	SIGHT(vm_stop, stop),		  SIGHT(vm_start, start),
	SIGHT(vm_prepare_start, prepare_start), SIGHT(device_read, device_read),
	SIGHT(device_write, device_write), SIGHT(tb_flush, tb_flush),
};

enum { CLOSED = sizeof(closed) / sizeof(closed[0]) };

void sight_open(void)
{
	for (int i = 0; i < CLOSED; i++)
		if (*closed[i].function)
			entry_swap(&closed[i].swap, *closed[i].function, closed[i].ours);
}

void sight_close(void)
{
	for (int i = 0; i < CLOSED; i++)
		entry_swap_back(&closed[i].swap);
}

/* ---- at the start ---- */

#define NEED(member) { (void **)&emu.member, #member }

static const struct need {
	void **function;
	const char *name;
} needs[] = {
	NEED(bql_lock),	    NEED(bql_unlock),	   NEED(replay_unlock),	 NEED(guest_debug),
	NEED(single_step),  NEED(runstate_set),	   NEED(runstate_check), NEED(vm_stop),
	NEED(vm_start),	    NEED(vm_prepare_start), NEED(device_read),	 NEED(device_write),
	NEED(gdbserver_start), NEED(gdb_set_stop_cpu), NEED(add_state_handler), NEED(chardev_find),
	NEED(chardev_input), NEED(chardev_event),  NEED(get_cpu),	 NEED(hmp_command),
	NEED(qmp_commands), NEED(qmp_find),	   NEED(qmp_dispatch),	 NEED(from_json),
	NEED(to_json),	    NEED(destroy_object),  NEED(error_text),	 NEED(error_free),
};

/* Each can be replaced, so that opening cannot fail later. */
static const char *try_all(void)
{
	for (int i = 0; i < CLOSED; i++) {
		if (*closed[i].function && entry_swap(&closed[i].swap, *closed[i].function, closed[i].ours))
			return "vm_stop, vm_start, vm_prepare_start, memory_region_dispatch_read or _write";
		entry_swap_back(&closed[i].swap);
	}
	return NULL;
}

const char *sight_install(const struct sight_calls *whom)
{
	const char *missing;

	calls = whom;
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (!*needs[i].function)
			return needs[i].name;
	missing = try_all();
	if (missing)
		return missing;
	if (entry_replace((void *)emu.replay_unlock, (const void *)between))
		return "replay_mutex_unlock";
	if (entry_replace((void *)emu.guest_debug, (const void *)breakpoint))
		return "cpu_handle_guest_debug";
	return NULL;
}

/* ---- the gdb server ---- */

static void *wanted;

static void *keep_handler(void *handler, void *argument, int priority)
{
	(void)argument, (void)priority;
	wanted = handler;
	return NULL;
}

static void *keep_handler_full(void *handler, void *prepare, void *argument, int priority)
{
	(void)prepare;
	return keep_handler(handler, argument, priority);
}

void *sight_gdbserver(const char *device, sight_stopped **stopped)
{
	struct entry_swap some = { 0 }, full = { 0 };
	void *error = NULL;

	/* Not among the handlers that are told of a machine that really stops, which it is in no replay. */
	entry_swap(&some, (void *)emu.add_state_handler, (const void *)keep_handler);
	if (emu.add_state_handler_full)
		entry_swap(&full, (void *)emu.add_state_handler_full, (const void *)keep_handler_full);
	emu.gdbserver_start(device, &error);
	entry_swap_back(&full);
	entry_swap_back(&some);
	*stopped = (sight_stopped *)(uintptr_t)wanted;
	return wanted ? emu.chardev_find("gdb") : NULL;
}
