// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run.c - the work: requests in batches, with waiting in between that halts and computes by turns, and a line for every
 * tenth request. The boot processor alone. Wrong data, or a request that fails, ends the machine; with `errors` they
 * have lines of their own. What a failed write has left is read back as it is: wrong data, if it has left nothing.
 *
 * Whatever depends on when something happened goes into the hash, which each line prints.
 */
#include "run.h"

#include "check.h"
#include "clock.h"
#include "hash.h"
#include "power.h"
#include "smp.h"

enum {
	DEFAULT_DEPTH = 8,
	STEPS = 100, /* of a round */
	BATCHES = 4, /* nothing is in flight between batches, and writes are flushed there */
	PHASE = 8,   /* so many requests are waited for halting, then as many computing */
	LINE_EVERY = 10,
	LONGEST_HALT_MS = 1000, /* virtual time leaps while the guest halts: a long wait goes on computing */
	MOST_ROUNDS = 20000000, /* and where virtual time is slow, a minute of it is too long for who waits for us */
};

static const struct options *options;
static uint32_t depth, half; /* half the disk's sectors: the lower one is only read */
static uint32_t submitted, collected, in_flight;
static bool busy[MOST_SLOTS];  /* from submission until collected, which is later than done */
static uint32_t failed, wrong; /* requests, with `errors` */
static uint32_t computed, work;
static uint64_t hash = HASH_START, seen; /* seen: when the polled request's data were there */

static uint32_t random_below(uint32_t limit)
{
	static uint32_t state = 2463534242u;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % limit;
}

/* What follows on the slot's last request, in the same sectors; false: nothing. */
static bool choose_next(struct request *request)
{
	switch (request->op) {
	case OP_WRITE:
		request->op = OP_READ;
		return true;
	case OP_READ:
		if (!options->discard || !request->generation)
			return false;
		request->op = request->number % 2 ? OP_DISCARD : OP_ZEROES;
		return true;
	case OP_DISCARD:
	case OP_ZEROES:
		request->op = OP_READ;
		request->generation = 0; /* wrong data, whatever they are */
		return true;
	default:
		return false;
	}
}

/* A slot's writes stay in the slot's own part of the upper half, and are read back before the next. */
static void choose(struct request *request, unsigned slot)
{
	uint32_t part = half / MOST_SLOTS;

	if (choose_next(request))
		return;
	request->sectors = 1 + random_below(MOST_SECTORS);
	if (options->write && !random_below(3)) {
		request->op = OP_WRITE;
		request->generation = request->number + 1;
		request->sector = half + slot * part + random_below(part - MOST_SECTORS);
	} else {
		request->op = OP_READ;
		request->generation = 0;
		request->sector = random_below(half - MOST_SECTORS);
	}
}

static void prepare(unsigned slot)
{
	struct request *request = disk_request(slot);

	request->number = submitted++;
	choose(request, slot);
	disk_prepare(request, slot);
	if (request->op > OP_WRITE)
		request->parts = 0;
	check_fill(request);
}

/* Polling goes on with interrupts off. */
static void allow_interrupts(void)
{
	if (!options->poll)
		interrupts_on();
}

static void submit(unsigned slot)
{
	in_flight++;
	disk_submit(slot);
}

/*
 * Waits for half the slots to be free, then submits for all of them without a break: requests would else be done one by
 * one, each while the next is being prepared.
 */
static void submit_up_to(uint32_t last)
{
	bool fresh[MOST_SLOTS] = { false };

	if (in_flight > depth / 2)
		return;
	for (unsigned slot = 0; slot < depth && submitted < last; slot++)
		if (!busy[slot]) {
			prepare(slot);
			fresh[slot] = busy[slot] = true;
		}
	interrupts_off();
	for (unsigned slot = 0; slot < depth; slot++)
		if (fresh[slot])
			submit(slot);
	allow_interrupts();
}

static void compute(void)
{
	for (unsigned i = 0; i < STEPS; i++)
		work = work * 1664525 + 1013904223;
	computed++;
	smp_step();
}

static void wait_computing(void)
{
	for (uint32_t i = 0; !disk_has_finished(); i++) {
		if (i >= MOST_ROUNDS)
			fail("no request done after %u rounds of computing", i);
		compute();
	}
}

static void wait_halting(void)
{
	uint64_t end = clock_after(LONGEST_HALT_MS);

	interrupts_off();
	while (!disk_has_finished() && !clock_passed(end)) {
		halt();
		interrupts_off();
	}
	interrupts_on();
}

/* Interrupts off from before the request until it is done: nobody but us can have noticed the data. */
static void wait_polling(void)
{
	if (disk_request(0)->op == OP_READ)
		seen = check_watch(disk_request(0));
	for (uint32_t i = 0; !disk_has_finished(); i++) {
		if (i >= MOST_ROUNDS)
			fail("request %u is not done after %u looks", disk_request(0)->number, i);
		disk_service();
	}
	interrupts_on();
}

static void await(void)
{
	bool halting = collected / PHASE % 2 == 0;

	smp_chase(!halting);
	if (options->poll) {
		wait_polling();
		return;
	}
	if (halting)
		wait_halting();
	wait_computing();
}

static void print(const struct request *request, uint32_t crc)
{
	say("%u %s %u+%u", request->number, check_operation(request), request->sector, request->sectors);
	if (options->poll)
		say(" seen %llu", seen);
	if (request->status)
		say(request->status == -EILSEQ ? " wrong" : " failed");
	say(" submitted %llu done %llu crc %x hash %llx\n", request->submitted, request->completed, crc, hash);
}

static void collect(unsigned slot)
{
	struct request *request = disk_request(slot);
	uint32_t crc = check_request(request, options->errors);

	in_flight--;
	busy[slot] = false;
	hash = hash_add(hash_add(hash, request->submitted), request->completed);
	hash = hash_add(hash_add(hash, (uint64_t)crc << 32 | request->number), computed);
	hash = smp_hash(hash_add(hash, seen));
	if (request->status) {
		hash = hash_add(hash, (uint32_t)-request->status);
		wrong += request->status == -EILSEQ;
		failed += request->status != -EILSEQ;
	}
	if (collected++ % LINE_EVERY == 0 || request->status)
		print(request, crc);
}

static void collect_finished(void)
{
	int slot;

	await();
	while ((slot = disk_next_finished()) >= 0)
		collect((unsigned)slot);
}

static void reboot(void)
{
	say("bare: rebooting after %u requests, %u in flight, hash %llx\n", collected, in_flight, hash);
	power_reboot();
}

static void batch(uint32_t last, bool reboot_busy)
{
	while (submitted < last || in_flight) {
		submit_up_to(last);
		if (reboot_busy && collected >= options->requests / 2)
			reboot();
		collect_finished();
	}
}

static void flush(void)
{
	struct request *request = disk_request(0);

	*request = (struct request){ .op = OP_FLUSH, .number = submitted++ };
	busy[0] = true;
	interrupts_off();
	submit(0);
	allow_interrupts();
	collect_finished();
}

static void report(void)
{
	smp_chase(false);
	smp_report();
	say("bare: %u requests, %u disk interrupts, %u timer interrupts, %u rounds computed\n", collected,
	    disk_interrupts(), clock_ticks(), computed);
	if (options->errors)
		say("bare: %u requests failed, %u with wrong data\n", failed, wrong);
	say("bare: timer %llx, end %llu, hash %llx\n", clock_hash(), read_tsc(), hash_add(hash, work));
}

void run(const struct options *wanted, const struct driver *driver, const struct disk *disk, bool may_reboot)
{
	uint32_t want = may_reboot ? wanted->reboot : REBOOT_NOT;

	options = wanted;
	if (wanted->discard && driver != &virtio_blk)
		fail("discard: only with virtio-blk");
	half = disk->sectors / 2;
	depth = options->depth ? options->depth : DEFAULT_DEPTH;
	if (depth > driver->depth)
		depth = driver->depth;
	if (options->poll)
		depth = 1;
	else
		disk_use_interrupts(disk);
	if (half / MOST_SLOTS <= MOST_SECTORS)
		fail("the disk is too small");
	for (uint32_t i = 1; i <= BATCHES; i++) {
		batch(options->requests / BATCHES * i + (i == BATCHES ? options->requests % BATCHES : 0),
		      want == REBOOT_BUSY);
		if (options->write)
			flush();
		if (want == REBOOT_DRAINED && i == BATCHES / 2)
			reboot();
	}
	report();
}
