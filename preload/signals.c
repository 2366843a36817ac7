/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * signals.c - sigaction: the signals that ask the emulator to end.
 *
 * QEMU handles them in the main thread (os-posix.c:termsig_handler), which sets a flag that the main loop looks at in
 * its turn. So the handler has to run at a turn's start: the real one only remembers the signal. In replay a signal
 * of the host ends the replay, as it would end any program.
 */
#include "signals.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "config.h"
#include "interpose.h"
#include "message.h"
#include "self.h"
#include "tape.h"
#include "turnstile.h"

static struct held {
	const int signo;
	struct sigaction action; /* the emulator's */
	bool installed;
	volatile sig_atomic_t came;
	siginfo_t info;
} held[] = { { .signo = SIGTERM }, { .signo = SIGINT }, { .signo = SIGHUP } };

enum { HELD = sizeof(held) / sizeof(held[0]) };

static struct held *find(int signo)
{
	for (int i = 0; i < HELD; i++)
		if (held[i].signo == signo)
			return &held[i];
	return NULL;
}

static void end_replay(int signo)
{
	const struct sigaction by_default = { .sa_handler = SIG_DFL };

	message(MODULE_MAIN, MESSAGE_ERROR, "replay of %s stopped by signal %d; nothing of the recording has changed [replay-stopped]",
		tape_dir(), signo);
	message_restore_terminal();
	real.sigaction(signo, &by_default, NULL);
	raise(signo);
}

static void call_handler(const struct held *signal, const struct rrj_signal *what)
{
	siginfo_t info = { .si_signo = what->signo, .si_code = what->code };

	info.si_pid = what->pid;
	info.si_uid = what->uid;
	if (signal->action.sa_flags & SA_SIGINFO)
		signal->action.sa_sigaction(what->signo, &info, NULL);
	else
		signal->action.sa_handler(what->signo);
}

/* To the emulator at once: the recording has been given up. */
static void pass(const struct held *signal)
{
	call_handler(signal, &(struct rrj_signal){ .signo = signal->signo,
						   .code = signal->info.si_code,
						   .pid = signal->info.si_pid,
						   .uid = signal->info.si_uid });
}

/* Runs in the main thread, at any moment: QEMU's other threads block all signals. */
static void remember(int signo, siginfo_t *info, void *context)
{
	struct held *signal = find(signo);

	(void)context;
	if (replaying()) {
		end_replay(signo);
		return;
	}
	signal->info = *info;
	if (config.mode == MODE_OFF) {
		pass(signal);
		return;
	}
	signal->came = 1;
	turnstile_wake(0);
}

static bool takes_handler(const struct sigaction *action)
{
	return action &&
	       (action->sa_flags & SA_SIGINFO || (action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN));
}

INTERPOSED int sigaction(int signo, const struct sigaction *restrict action, struct sigaction *restrict old)
{
	struct held *signal = find(signo);
	struct sigaction ours, emulators;
	int result;

	if (!signal || self.role != THREAD_MAIN || config.mode == MODE_OFF || self.inside)
		return real.sigaction(signo, action, old);
	emulators = signal->action;
	if (!takes_handler(action)) {
		result = real.sigaction(signo, action, old);
		if (result == 0 && old && signal->installed)
			*old = emulators;
		signal->installed &= !(action && result == 0);
		return result;
	}
	ours = *action;
	ours.sa_sigaction = remember;
	ours.sa_flags |= SA_SIGINFO;
	signal->action = *action;
	result = real.sigaction(signo, &ours, old);
	if (result == 0 && old && signal->installed)
		*old = emulators;
	signal->installed = result == 0;
	return result;
}

static void deliver(struct rrj_signal *what)
{
	const struct held *signal;

	tape_input(RRJ_SIGNAL, what, sizeof(*what));
	signal = find(what->signo);
	if (signal && signal->installed)
		call_handler(signal, what);
}

/* The next signal that has come; false when there is none. */
static bool take(struct rrj_signal *what)
{
	for (int i = 0; i < HELD; i++) {
		if (!held[i].came)
			continue;
		held[i].came = 0;
		*what = (struct rrj_signal){ .signo = held[i].signo,
					     .code = held[i].info.si_code,
					     .pid = held[i].info.si_pid,
					     .uid = held[i].info.si_uid };
		return true;
	}
	return false;
}

void signals_deliver(void)
{
	struct rrj_signal what = { 0 };

	if (config.mode == MODE_OFF)
		signals_pass(); /* the recording has been given up */
	while (recording() ? take(&what) : replaying() && tape_has_input(RRJ_SIGNAL))
		deliver(&what);
}

void signals_pass(void)
{
	struct rrj_signal what;

	while (take(&what))
		call_handler(find(what.signo), &what);
}
