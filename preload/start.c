/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * start.c - the library's constructor and destructor.
 *
 * The constructor runs in the process's first thread before the emulator's main(). In a process that is no emulator it
 * does nothing and prints nothing. Everything that can be refused before the emulator has read its command line is
 * refused here; the rest where the guest's vCPU is made (threads.c).
 */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "../hooks/emulator.h"
#include "../hooks/slice.h"
#include "backtrace.h"
#include "check.h"
#include "children.h"
#include "clock.h"
#include "config.h"
#include "external.h"
#include "interpose.h"
#include "live.h"
#include "message.h"
#include "opened.h"
#include "provenance.h"
#include "self.h"
#include "stacks.h"
#include "stop.h"
#include "tape.h"
#include "threads.h"
#include "trail.h"
#include "turnstile.h"
#include "until.h"
#include "warp.h"

static void refuse_missing(unsigned missing)
{
	char names[1024] = "";
	const struct emulator_symbol *symbol;

	for (size_t i = 0; (symbol = emulator_symbol(i)); i++)
		if (symbol->required && !symbol->found)
			snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", *names ? ", " : "",
				 symbol->name);
	message_end(STATUS_UNSUPPORTED,
		    "this emulator cannot be recorded: it does not export %u function(s) that rrio needs (%s); a "
		    "distribution's build exports them, scripts/build-patched-qemu makes one that need not; rrio doctor "
		    "says more [missing-symbols]",
		    missing, names);
}

static void report_symbols(void)
{
	const struct emulator_symbol *symbol;

	for (size_t i = 0; (symbol = emulator_symbol(i)); i++)
		message(MODULE_HOOKS, MESSAGE_DEBUG, "%s %s %s", symbol->name,
			symbol->required ? "required" : "optional", symbol->found ? "found" : "missing");
}

static void install(bool leaps)
{
	int result = slice_install(turnstile_slice, until_is_set() || config.looks ? turnstile_cut : NULL,
				   config.looks ? stop_share : NULL);

	if (result == -EINVAL)
		message_end(STATUS_UNSUPPORTED,
			    "this emulator cannot be recorded: its icount_round is not the function "
			    "that rrio expects; rrio doctor says more [icount-round-strange]");
	if (result < 0)
		message_end(STATUS_UNSUPPORTED,
			    "this emulator cannot be recorded: this host does not let its icount_round be replaced, "
			    "neither through /proc/self/mem nor in place (%s); one that is patched at source needs no such thing: "
			    "scripts/build-patched-qemu [icount-round-fixed]",
			    strerror(-result));
	warp_init(leaps);
	result = turnstile_init(leaps);
	if (result < 0)
		message_end(STATUS_TRY_AGAIN, "no descriptor for the main loop: %s [no-descriptor]", strerror(-result));
}

/* A child must not write into its parent's recording. Before the guest exists there is none: -daemonize is fine. */
static void in_child(void)
{
	children_forked();
	if (!turnstile_has_vcpu())
		return;
	config.mode = MODE_OFF;
	self.role = THREAD_OTHER;
}

/*
 * Some of what QEMU gives to a guest was never written to: the rest of a kernel's last page (hw/i386/multiboot.c enlarges
 * the buffer), for one. So that no run's heap shows there, malloc returns zeros, and what is large comes from the kernel,
 * which does so too, also when it is enlarged.
 */
static void forget_heap(void)
{
	mallopt(M_PERTURB, 0xff);
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
}

static void begin(int argc, char **argv, char **environment)
{
	const struct rrj_start *then;
	struct rrj_start now;

	provenance_fill(&now, argc, argv, environment);
	message(MODULE_HOOKS, MESSAGE_DEBUG, "emulator %s", now.emulator_version);
	message(MODULE_HOOKS, MESSAGE_DEBUG, "hook %s",
		emulator_is_patched() ? "patched at source" : "exported symbols, icount_round replaced at start");
	report_symbols();
	if (config.mode == MODE_OFF)
		return;
	if (replaying()) {
		then = tape_replay(config.dir);
		provenance_compare(&now, then);
		config.data = then->data;
		check_init(then->checks);
		if (!(then->checks & RRJ_CHECK_CHAIN))
			trail_each_turn();
		stacks_init();
		now.mono_ns = then->mono_ns;
		now.real_ns = then->real_ns;
	} else {
		now.data = config.data;
		now.checks = RRJ_CHECK_TRAIL | RRJ_CHECK_CHAIN | check_init(0);
		now.needs = RRJ_NEEDS_OUTSIDE;
		clock_sample(&now.mono_ns, &now.real_ns);
		tape_record(&now);
	}
	forget_heap();
	/* Start-up reads the clock too. */
	clock_freeze(now.mono_ns, now.real_ns);
	install(provenance_leaps(argv));
	message_save_terminal();
	opened_init();
	external_init();
	pthread_atfork(NULL, NULL, in_child);
	threads_init();
	stop_init();
}

__attribute__((constructor)) static void start(int argc, char **argv, char **environment)
{
	unsigned missing;

	interpose_find();
	missing = emulator_find();
	/* QEMU's tools export much of what an emulator does, but have no vCPU. */
	if (!emu.cpu_exit && !provenance_is_emulator())
		return;
	config_read(environment);
	backtrace_init();
	if (missing && config.mode != MODE_OFF)
		refuse_missing(missing);
	begin(argc, argv, environment);
}

__attribute__((destructor)) static void end(void)
{
	static bool ended;

	if (config.mode == MODE_OFF || !turnstile_has_vcpu() || ended)
		return;
	ended = true;
	message_status("");
	if (replaying())
		fflush(NULL); /* a difference ends the process at once */
	tape_end(turnstile_icount(), turnstile_slices());
	live_end();
	config.mode = MODE_OFF;
	self.role = THREAD_OTHER;
}
