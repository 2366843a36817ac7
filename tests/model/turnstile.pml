/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * turnstile.pml - the turnstile as preload/turn.c, nested.c, vcpu.c, gate.c and job.c have it, recording: the main loop, the
 * vCPU thread, two workers, an iothread. Spin tries every order of their steps.
 *
 * One step here is what the code does with the turnstile's lock held, or between two such stretches; a wait for a
 * condition gives the lock up, as pthread_cond_wait does, and looks again when anything has changed.
 *
 * What must hold: no state without a way on (spin looks for that by itself), no turn while the vCPU thread runs, no two
 * turns at once but those of iothreads in a nested poll, one released request that has still something to do at a time,
 * all published before the turn asks the host, a loan and a nested poll find the same owner again. Each rule can be broken
 * by -D; then spin must find it (see rules.mk):
 *   BREAK_PARKED   the turn's end does not take back "parked"
 *   BREAK_PUBLISH  the turn does not wait for a publication
 *   BREAK_ALONE    it does not wait for one that has still something to do before it releases the next
 *   BREAK_TOLD     who has published last tells the turn without having had the lock
 *   BREAK_SIGNAL   a loan ends when the main thread has woken up, not at the signal
 *   BREAK_NESTED   a nested poll goes on while an iothread has its turn
 *   BREAK_WAKE     an arrival at a gate does not wake its loop, which polls the host
 *   BREAK_LOOK     a loop does not look at its gates before it polls the host
 */
#define GUEST 2		/* running: the vCPU thread, or nobody while it is at a place; 0 and 1 are loops */
#define NOBODY 3	/* whoever is in a nested poll is at its place */
#define REQUESTS 2	/* that the guest makes, one for each worker */

bool lock;		/* the turnstile's */
byte running = 0;
bool parked, nested;
bool loan, signalled, loan_wanted;
bool wants[2];
byte wanting;
bool wake[2];		/* the loops' wake descriptors */
bool polls[2];		/* they poll the host: only then are they woken */
bool again[2];		/* they may have one more turn where they are */
bool vcpu_runs;		/* it executes guest code, or QEMU's code between two places */
bool in_turn[2];
byte submitted;
bool at_gate[2], is_released[2], is_published[2];
bool is_all[2];		/* the request was one call: whoever releases it finishes it */
byte publishing;	/* requests released and not published yet */
byte working;		/* of these, those that have still something to do */
bool settling, told;	/* the turn waits for the publications; it has been woken */
bool vcpu_done, finished;

#define LOCK	atomic { !lock -> lock = true }
#define UNLOCK	lock = false
/* A wait for a condition: the lock is free meanwhile, and had again when what is waited for is there. */
#define WAIT(condition) \
	do \
	:: condition -> break; \
	:: else -> lock = false; atomic { (condition) && !lock -> lock = true } \
	od

inline check_turn(me) {
	assert(!vcpu_runs || nested);
	assert(!in_turn[1 - me] || nested);
}

/* gate_settle(). Here the wait for the condition matters: who is told before it waits is not told. */
inline settle() {
	settling = true;
	do
	:: publishing == 0 -> break
	:: else ->
		atomic { told = false; lock = false };
		atomic { told && !lock -> lock = true }
	od;
	settling = false
}

/* turn_take(): counts the gates of its loop, then releases one after the other. Both workers' pool is loop 0's. */
inline take_turn(me) {
	in_turn[me] = true;
	check_turn(me);
	wake[me] = false;
	if
	:: me == 0 ->
		i = 0;
		do
		:: i < REQUESTS ->
			if
			:: at_gate[i] ->
				at_gate[i] = false;
				publishing++;
				if
				:: is_all[i] = true; is_released[i] = true
				:: working++;
					assert(working == 1);
					is_released[i] = true;
#if !defined(BREAK_PUBLISH) && !defined(BREAK_ALONE)
					settle()
#endif
				fi
			:: else
			fi;
			i++
		:: else -> break
		od;
#ifndef BREAK_PUBLISH
		settle();
#endif
		assert(publishing == 0)
	:: else
	fi
}

inline let_vcpu_run() {
#ifndef BREAK_PARKED
	parked = false;
#endif
	running = GUEST
}

inline end_turn(me) {
	if
	:: running == me ->
		in_turn[me] = false;
		if
		:: nested -> running = NOBODY
		:: else -> let_vcpu_run()
		fi
	:: else
	fi
}

/* open_place(): where this loop could have its turn now. */
#define OPEN(me) ((nested && running == NOBODY && me != 0) || (!nested && running == GUEST && parked && !loan))

/* gate_waits(): a request of its loop has finished. */
#ifndef BREAK_LOOK
#define WAITS(me) (me == 0 && (at_gate[0] || at_gate[1]))
#else
#define WAITS(me) false
#endif

/* The host's poll: returns for a request at a gate, a doorbell, or the emulator's end. Locked before and behind it. */
inline host_poll(me) {
	if
	:: WAITS(me) -> UNLOCK
	:: else ->
		polls[me] = true;
		UNLOCK;
		(wake[me] || finished)
	fi;
	LOCK;
	polls[me] = false
}

/* turnstile_outer_poll(): another turn right here, if it may; else ends it, polls the host, wants the next one, has it at a place. */
inline outer_poll(me) {
	LOCK;
	if
	:: running == me && !nested && again[me] && (me == 0 && (at_gate[0] || at_gate[1])) ->
		again[me] = false;
		take_turn(me)
	:: else -> next_turn(me)
	fi;
	UNLOCK
}

inline next_turn(me) {
	end_turn(me);
	host_poll(me);
	wants[me] = true;
	wanting++;
	WAIT(OPEN(me) || finished);
	wants[me] = false;
	wanting--;
	if
	:: finished -> skip
	:: else -> running = me; again[me] = true; take_turn(me)
	fi
}

/* turnstile_nested_poll() by the main loop in its turn, until its request has come to its end. */
inline nested_poll() {
	byte before;

	LOCK;
	before = running;
	nested = true;
	running = NOBODY;
	host_poll(0);
#ifndef BREAK_NESTED
	WAIT(running == NOBODY);
#endif
	assert(!in_turn[1]);
	nested = false;
	running = before;
	take_turn(0);
	UNLOCK
}

/* turnstile_lend(): the vCPU thread runs until it signals what the main thread waits for. */
inline lend() {
	/* QEMU asks (cpu->stop, a work item) before it waits: a vCPU that has been asked is not idle. */
	loan_wanted = true;
	LOCK;
	loan = true;
	again[0] = false;
	in_turn[0] = false;
	let_vcpu_run();
	UNLOCK;
	(signalled);
	signalled = false;
#ifdef BREAK_SIGNAL
	LOCK;
	loan = false;
	running = 0;
	UNLOCK;
#endif
	assert(running == 0);
	in_turn[0] = true;
	check_turn(0)
}

active proctype main_loop() {
	byte i, rounds;
	bool lent, polled;

	in_turn[0] = true;
	do
	:: !finished ->
		outer_poll(0);
		if
		:: finished -> break
		:: else
		fi;
		/* in its turn, once each at most: a pause of the vCPU, a drain of what is in flight */
		if
		:: !lent && !vcpu_done -> lent = true; lend()
		:: !polled && submitted == REQUESTS && is_published[0] + is_published[1] < REQUESTS ->
			polled = true;
			nested_poll()
		:: true
		fi;
		if
		:: is_published[0] && is_published[1] && vcpu_done -> finished = true
		:: else
		fi
	:: else -> break
	od;
	LOCK; end_turn(0); in_turn[0] = false; running = GUEST; parked = false; UNLOCK
}

active proctype iothread() {
	byte i;

end_iothread:
	do
	:: !finished -> outer_poll(1)
	:: finished -> LOCK; end_turn(1); UNLOCK; break
	od
}

/* turnstile_slice() and turnstile_idle(): at a place, parked until a turn has been taken, or lent. */
inline park() {
	parked = true;
	/* The loops are told without the lock. */
	UNLOCK;
	LOCK;
	WAIT(!parked || finished);
	parked = false
}

inline wait_for_turn_end() {
	WAIT(running == GUEST || finished)
}

inline at_slice_start() {
	vcpu_runs = false;
	LOCK;
	wait_for_turn_end();
	if
	:: !loan && wanting && !finished -> park()
	:: else
	fi;
	wait_for_turn_end();
	vcpu_runs = true;
	UNLOCK
}

inline at_idle() {
	vcpu_runs = false;
	LOCK;
	/* It looks whether it is idle with the BQL, which it takes only outside turns. */
	wait_for_turn_end();
	if
	:: !loan_wanted && submitted > is_published[0] + is_published[1] -> park()
	:: else
	fi;
	wait_for_turn_end();
	vcpu_runs = true;
	UNLOCK
}

/* turnstile_signals(): at the signal, the main thread has its turn again, and this one is on its way to a place. */
inline signal_loan() {
	if
	:: loan && loan_wanted ->
		vcpu_runs = false;
		loan_wanted = false;
#ifndef BREAK_SIGNAL
		LOCK;
		loan = false;
		running = 0;
		UNLOCK;
		signalled = true
#else
		signalled = true;
		vcpu_runs = true
#endif
	:: else
	fi
}

active proctype vcpu() {
	do
	:: finished -> break
	:: else ->
		at_slice_start();
		signal_loan();
		/* a slice: it may submit a request, which rings the doorbell of either loop; or do nothing */
		if
		:: submitted < REQUESTS && vcpu_runs -> submitted++; wake[1] = true
		:: submitted == REQUESTS -> vcpu_done = true; wake[0] = true
		:: submitted < REQUESTS
		:: else
		fi;
		at_idle();
		signal_loan()
	od;
	vcpu_runs = false
}

/* job.c: it takes a job, makes the call, holds at the gate; released it publishes, at its lock of the pool. */
proctype worker(byte me) {
	bool last;

	(submitted > me || finished);
	if
	:: submitted > me ->
		LOCK;
		at_gate[me] = true;
		UNLOCK;
#ifndef BREAK_WAKE
		if
		:: polls[0] -> wake[0] = true
		:: else
		fi;
#endif
		is_released[me]; /* a semaphore: without the lock */
		if
		:: is_all[me]
		:: else -> working--
		fi;
		atomic { is_published[me] = true; publishing--; last = publishing == 0 };
		if
		:: last && settling ->
#ifndef BREAK_TOLD
			LOCK;
			UNLOCK;
#endif
			told = true
		:: else
		fi
	:: else
	fi
}

init {
	run worker(0);
	run worker(1)
}
