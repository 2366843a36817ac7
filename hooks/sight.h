/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sight.h - what of the emulator is replaced so that somebody can look at a replayed guest without touching it.
 *
 * For as long as the process lives: two functions through which the vCPU thread says where it is. While somebody looks:
 * what would stop or start the machine with all its devices, and what reaches a device's registers.
 */
#ifndef HOOKS_SIGHT_H
#define HOOKS_SIGHT_H

#include <stdbool.h>

/* Called in the vCPU thread, not inside a slice: between (any thread may call it) and at a breakpoint, with the BQL. */
struct sight_calls {
	void (*between)(void);
	void (*breakpoint)(void *cpu);
};

/* Constructor. NULL: done; else the name of what this emulator does not export, or cannot be replaced. */
const char *sight_install(const struct sight_calls *calls);

/* The vCPU thread, while no other thread of the emulator runs: from one to the other nothing can change the guest. */
void sight_open(void);
void sight_close(void);

/*
 * With the BQL, once: starts the emulator's gdb server on that character device. Returns the device, or NULL; *stopped is
 * what the server wants to have called when the machine has stopped.
 */
typedef void sight_stopped(void *argument, bool running, int state);
void *sight_gdbserver(const char *device, sight_stopped **stopped);

/* include/hw/core/cpu.h: with interrupts and timers, as they come. */
enum { SINGLE_STEP = 1 };

/* qapi/run-state.json, 7.2 to 11.0. */
enum { STATE_DEBUG = 0, STATE_PAUSED = 4, STATE_RUNNING = 9 };

#endif
