/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check.c - digests of registers and memory. Who calls what, and when it may: check.h. */
#include "check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <xxhash.h>

#include "../hooks/emulator.h"
#include "config.h"
#include "diverge.h"
#include "message.h"

/* include/hw/core/cpu.h: with floating point and vector registers; the same from 7.2 to 11.0. */
enum { CPU_DUMP_FPU = 0x20000 };

static bool has_registers(void)
{
	return emu.dump_state && emu.get_cpu;
}

static bool has_memory(void)
{
	return emu.ram_foreach && emu.ram_host && emu.ram_used;
}

unsigned check_init(unsigned recorded)
{
	unsigned wanted = config.checks_set ? config.checks : replaying() ? recorded : 0;
	unsigned can = (has_registers() ? RRJ_CHECK_REGISTERS : 0) | (has_memory() ? RRJ_CHECK_MEMORY : 0);

	wanted &= RRJ_CHECK_REGISTERS | RRJ_CHECK_MEMORY;
	if (replaying() && wanted & ~recorded)
		message_end(STATUS_USAGE,
			    "the recording has no digests of %s: RRIO_CHECK has to be set when it is made; replay "
			    "without RRIO_CHECK, or record again [check-not-recorded]",
			    wanted & ~recorded & RRJ_CHECK_REGISTERS ? "registers" : "memory");
	if (wanted & ~can)
		message_end(STATUS_UNSUPPORTED,
			    "RRIO_CHECK: this emulator does not export what digests of %s need; leave it out "
			    "[check-not-exported]",
			    wanted & ~can & RRJ_CHECK_REGISTERS ? "registers" : "memory");
	config.checks = wanted;
	return wanted;
}

char *check_registers_text(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = has_registers() ? open_memstream(&text, &size) : NULL;
	void *cpu;

	if (!file)
		return NULL;
	for (int i = 0; (cpu = emu.get_cpu(i)); i++) {
		fprintf(file, "cpu %d\n", i);
		emu.dump_state(cpu, file, CPU_DUMP_FPU);
	}
	if (fclose(file) == 0)
		return text;
	free(text);
	return NULL;
}

static uint32_t fold(uint64_t hash)
{
	uint32_t digest = (uint32_t)(hash ^ hash >> 32);

	return digest ? digest : 1;
}

static uint32_t registers(void)
{
	char *text = check_registers_text();
	uint64_t hash = text ? XXH3_64bits(text, __builtin_strlen(text)) : 0;

	free(text);
	return fold(hash);
}

static int add_block(void *block, void *argument)
{
	uint64_t *hash = argument;
	const void *bytes = emu.ram_host(block);

	if (bytes)
		*hash = XXH3_64bits_withSeed(bytes, emu.ram_used(block), *hash);
	return 0;
}

static uint32_t memory(void)
{
	uint64_t hash = 0;

	emu.ram_foreach(add_block, &hash);
	return fold(hash);
}

/* In a nested poll the vCPU may be in the middle of a block, with registers that are nowhere. */
static bool has_place(const struct rrj_turn *turn)
{
	return turn->kind != RRJ_NESTED;
}

void check_record(struct rrj_turn *turn)
{
	if (config.checks & RRJ_CHECK_REGISTERS && has_place(turn))
		turn->registers = registers();
	if (config.checks & RRJ_CHECK_MEMORY && has_place(turn) && turn->seq % config.check_every == 0)
		turn->memory = memory();
}

static void compare(const struct rrj_turn *turn, const char *what, const char *id, uint32_t then, uint32_t now)
{
	if (then != now)
		diverged(&(struct divergence){ .id = id,
					       .icount = turn->icount,
					       .kind = turn->kind,
					       .loop = turn->loop,
					       .differences = { NUMBERS(what, then, now) } },
			 "the %s of the guest are not as they were when turn %" PRIu64 " started", what, turn->seq);
}

void check_compare(const struct rrj_turn *turn)
{
	if (config.checks & RRJ_CHECK_REGISTERS && turn->registers)
		compare(turn, "registers", "diverged-registers", turn->registers, registers());
	if (config.checks & RRJ_CHECK_MEMORY && turn->memory)
		compare(turn, "memory contents", "diverged-memory", turn->memory, memory());
}
