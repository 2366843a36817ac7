/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay.pml - the turnstile as preload/turn.c, nested.c, vcpu.c, gate.c and job.c have it, replaying: the same threads as
 * in turnstile.pml, but that the journal says whose turn starts where, and what it releases.
 *
 * The guest does the same in every run: two slices that submit a request each, idle until both are published, a slice, a
 * stall until the main loop has run its timer, a last slice. The journal is any that such a guest can have: at each of
 * its places turns of either loop, one right behind the other too, with releases in any order; behind any of the main
 * loop's it may drain what is in flight by nested polls, in which the iothread has turns. Spin tries every such journal, and
 * every order of the threads' steps for each.
 *
 * What must hold: each turn is taken where the journal has it, by the loop that it names, while the vCPU thread does not
 * run; the guest never passes a turn's place, nor waits where there is none; a turn releases what has come to its gate, and
 * all is published before it asks the host; all of the journal is used up. Each rule can be broken by -D:
 *   BREAK_PARKED   the turn's end does not take back "parked"
 *   BREAK_LOOP     a loop takes the next turn, whosever it is
 *   BREAK_AWAIT    a turn releases what it lists before all of it has come to the gate
 *   BREAK_AGAIN    a turn is not followed by the one right behind it
 *   BREAK_NESTED   a nested poll goes on before the iothread has had the turns that the journal has in it
 *   BREAK_PASS     at a slice start the vCPU thread asks for what lies behind it only
 */
#define GUEST 2		/* running: the vCPU thread, or nobody while it is at a place; 0 and 1 are loops */
#define NOBODY 3	/* whoever is in a nested poll is at its place */
#define REQUESTS 2	/* that the guest makes, one for each worker; a set of them: the bits of a byte */
#define ALL 3
#define SLICES 4
#define TURNS 7	/* of a journal, and there is room for the last ones that it must have */
#define ROOM (length < TURNS - 4)

/* The kinds of places. */
#define SLICE 1
#define IDLE 2
#define STALL 3
#define INSIDE 4 /* a nested poll */
#define AGAIN 5

byte kind[TURNS], at[TURNS], whose[TURNS], releases[TURNS];
byte length, next;	/* of the journal; the next turn in it */
byte drain = TURNS;	/* the turn behind which the main loop drains */

bool lock;		/* the turnstile's */
byte running = 0;
byte parked, parked_at;	/* the kind of place and the count */
bool nested;
byte turn_at;		/* the count at the last turn */
bool vcpu_runs;
bool in_turn[2];
byte submitted, at_gate, released, published;
byte publishing;
bool timer_ran, finished;

#define LOCK	atomic { !lock -> lock = true }
#define UNLOCK	lock = false
#define WAIT(condition) \
	do \
	:: condition -> break; \
	:: else -> lock = false; atomic { (condition) && !lock -> lock = true } \
	od

/* place_is_next() */
#define NEXT(what, where) (next < length && kind[next] == what && at[next] == where)

/* ---- the journal ---- */

inline add(what, loop, which) {
	kind[length] = what;
	at[length] = count;
	whose[length] = loop;
	releases[length] = which;
	gone = gone | which;
	length++
}

inline some_of(set) {
	which = 0;
	if
	:: set & 1 -> which = which | 1
	:: true
	fi;
	if
	:: set & 2 -> which = which | 2
	:: true
	fi
}

/* Behind a turn of the main loop's, while something is in flight. */
inline maybe_drain() {
	if
	:: drain == TURNS && made != gone && ROOM ->
		drain = length - 1;
		do
		:: made == gone -> break
		:: made != gone && ROOM -> add(INSIDE, 1, 0)
		:: made != gone && ROOM -> some_of(made & ~gone); add(INSIDE, 0, which)
		:: made != gone && !ROOM -> add(INSIDE, 0, made & ~gone)
		od
	:: true
	fi
}

inline main_turn(what) {
	some_of(made & ~gone);
	add(what, 0, which);
	maybe_drain();
	if
	:: ROOM -> some_of(made & ~gone); add(AGAIN, 0, which); maybe_drain()
	:: true
	fi
}

inline iothread_turn(what) {
	add(what, 1, 0);
	if
	:: ROOM -> add(AGAIN, 1, 0)
	:: true
	fi
}

inline a_turn(what) {
	if
	:: true -> main_turn(what)
	:: true -> iothread_turn(what)
	fi
}

/* As it is recorded: by the guest's course alone. */
inline make_journal() {
	do
	:: count < SLICES ->
		if
		:: ROOM -> a_turn(SLICE)
		:: true
		fi;
		if
		:: count < REQUESTS -> made = made | (1 << count)
		:: else
		fi;
		count++;
		if
		:: count == 2 ->
			do
			:: made == gone -> break
			:: made != gone && ROOM -> a_turn(IDLE)
			:: made != gone -> add(IDLE, 0, made & ~gone)
			od
		:: count == 3 ->
			if
			:: ROOM -> iothread_turn(STALL)
			:: true
			fi;
			add(STALL, 0, 0)
		:: else
		fi
	:: else -> break
	od
}

/* ---- turns ---- */

inline check_turn(me) {
	assert(!vcpu_runs);
	assert(!in_turn[1 - me] || (nested && me));
	/* compare_place() */
	assert(next < length && whose[next] == me)
}

/* turn_take(): awaits all of its requests, then releases one after the other, and looks at the next turn. */
inline take_turn(me) {
	check_turn(me);
	in_turn[me] = true;
	turn_at = at[next];
#ifndef BREAK_AWAIT
	WAIT((at_gate & releases[next]) == releases[next]);
#endif
	i = 0;
	do
	:: i < REQUESTS ->
		if
		:: releases[next] & (1 << i) ->
			assert(at_gate & (1 << i));
			at_gate = at_gate & ~(1 << i);
			publishing++;
			released = released | (1 << i)
		:: else
		fi;
		i++
	:: else -> break
	od;
	WAIT(!publishing);
	next++
}

inline let_vcpu_run() {
#ifndef BREAK_PARKED
	parked = 0;
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

/* open_place() and chosen() */
#ifndef BREAK_LOOP
#define MINE(me) (whose[next] == me)
#else
#define MINE(me) true
#endif
#define OPEN(me) ((nested && running == NOBODY && me != 0 && NEXT(INSIDE, turn_at) && MINE(me)) || \
	(!nested && running == GUEST && parked && NEXT(parked, parked_at) && MINE(me)))

/* turnstile_outer_poll(): nobody asks the host. */
inline outer_poll(me) {
	LOCK;
	if
#ifndef BREAK_AGAIN
	:: running == me && !nested && NEXT(AGAIN, turn_at) && whose[next] == me -> take_turn(me)
#endif
	:: else ->
		end_turn(me);
		WAIT(OPEN(me) || finished);
		if
		:: finished -> skip
		:: else -> running = me; take_turn(me)
		fi
	fi;
	UNLOCK
}

/* turnstile_nested_poll() by the main loop in its turn. */
inline nested_poll() {
	LOCK;
	nested = true;
	running = NOBODY;
	UNLOCK;
	LOCK;
#ifndef BREAK_NESTED
	WAIT(running == NOBODY && !(NEXT(INSIDE, turn_at) && whose[next]));
#else
	WAIT(running == NOBODY);
#endif
	nested = false;
	running = 0;
	take_turn(0);
	UNLOCK
}

proctype main_loop() {
	byte i, turn;

	in_turn[0] = true;
	do
	:: finished -> break
	:: else ->
		outer_poll(0);
		turn = next - 1;
		if
		:: !finished && turn == drain ->
			do
			:: published != submitted -> nested_poll()
			:: else -> break
			od
		:: else
		fi;
		if
		:: !finished && turn_at == 3 && parked == STALL -> timer_ran = true
		:: else
		fi
	od
}

proctype iothread() {
	byte i;

	do
	:: finished -> break
	:: else -> outer_poll(1)
	od
}

/* ---- the vCPU thread ---- */

inline wait_for_turn_end() {
	WAIT(running == GUEST)
}

/* check_passed() */
inline check_passed() {
	assert(next == length || at[next] >= count)
}

inline park(what) {
	parked_at = count;
	parked = what;
	UNLOCK;
	LOCK;
	WAIT(!parked);
	wait_for_turn_end()
}

/* look(): at a slice start, or in one more pass of a stall. */
inline look(what) {
	LOCK;
	wait_for_turn_end();
	check_passed();
	if
	:: NEXT(what, count) -> park(what)
	:: else
	fi;
	UNLOCK
}

/* place_possible() */
#ifndef BREAK_PASS
#define POSSIBLE (next < length && at[next] <= count)
#else
#define POSSIBLE (next < length && at[next] < count)
#endif

inline at_slice_start() {
	if
	:: running != GUEST || POSSIBLE -> look(SLICE)
	:: else
	fi
}

/* It looks whether it is idle with the BQL, which it takes only outside turns; and waits where a turn must be. */
inline at_idle() {
	LOCK;
	wait_for_turn_end();
	if
	:: published != submitted ->
		check_passed();
		assert(NEXT(IDLE, count));
		park(IDLE)
	:: else
	fi;
	UNLOCK
}

proctype vcpu() {
	byte count;

	do
	:: count < SLICES ->
		at_slice_start();
		vcpu_runs = true;
		if
		:: count < REQUESTS -> submitted = submitted | (1 << count)
		:: else
		fi;
		vcpu_runs = false;
		count++;
		do
		:: count == 2 && published != ALL -> at_idle()
		:: count == 3 && !timer_ran -> look(STALL)
		:: else -> break
		od
	:: else -> break
	od;
	LOCK;
	wait_for_turn_end();
	assert(next == length);
	finished = true;
	UNLOCK
}

/* job.c: it takes a job, makes the call, holds at the gate; released it publishes, at its lock of the pool. */
proctype worker(byte me) {
	submitted & (1 << me);
	LOCK;
	at_gate = at_gate | (1 << me);
	WAIT(released & (1 << me));
	UNLOCK;
	LOCK;
	published = published | (1 << me);
	publishing--;
	UNLOCK
}

init {
	byte count, made, gone, which;

	atomic {
		make_journal();
		count = 0;
		made = 0;
		gone = 0;
		which = 0;
		run main_loop();
		run iothread();
		run vcpu();
		run worker(0);
		run worker(1)
	}
}
