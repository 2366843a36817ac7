// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * insnhash.c - an emulator plugin: a hash over the address of every executed instruction, in order, over all vCPUs.
 *
 * -plugin insnhash.so[,out=PATH][,mode=insn|block|once]; at exit it writes `insnhash: <hex> instructions: <n>` to PATH
 * (standard error). Two runs with the same line executed the same instructions in the same order.
 *
 * Threads: under -icount all vCPUs share one thread, which runs the translation and execution callbacks, so the state
 * below needs no lock. Those callbacks take no lock and allocate nothing. The exit callback runs when the vCPUs have
 * stopped. Failure: bad arguments or an unwritable PATH refuse the plugin, and with it the emulator's start.
 *
 * The hash is a polynomial in the addresses: h' = h * PRIME + address + vcpu * VCPU. So a block's part is one step,
 * h' = h * PRIME^n + value, with the same result wherever the blocks' borders are. mode=block uses that and is faster,
 * but counts a block that a fault leaves early as executed whole: there its result depends on the blocks after all.
 * mode=once leaves out what follows itself: a debugger's watchpoint makes the emulator start an instruction twice.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "qemu-plugin.h"

/* Odd, so that a step loses nothing; PRIME - 1 has but one factor 2, so that a swap of two instructions shows. */
#define PRIME UINT64_C(0xd6e8feb86659fd93)
#define VCPU  UINT64_C(0xa0761d6478bd642f)

/* What executing one block does to the hash. */
struct block {
	uint64_t power;	 /* PRIME^n */
	uint64_t value;	 /* the polynomial of its addresses */
	uint64_t ones;	 /* the same for addresses of 1: what the vCPU's number is multiplied with */
	uint64_t length; /* n */
};

/* More blocks than fit into the emulator's largest translation buffer; only pages in use take memory. */
enum { MAX_BLOCKS = 1 << 25 };

PLUGIN_EXPORT int qemu_plugin_version = PLUGIN_API_FIRST;

/* An emulator refuses what is older than it likes, and newer than it knows. */
__attribute__((constructor)) static void choose_version(void)
{
	if (qemu_plugin_set_pc)
		qemu_plugin_version = PLUGIN_API_SEVENTH;
	else if (qemu_plugin_scoreboard_new)
		qemu_plugin_version = PLUGIN_API_SECOND;
}

static struct {
	uint64_t hash, count;
} state;

static struct block *blocks;
static size_t n_blocks;
static bool incomplete;

static void on_insn(unsigned int vcpu, void *address)
{
	state.hash = state.hash * PRIME + (uintptr_t)address + vcpu * VCPU;
	state.count++;
}

static void on_insn_once(unsigned int vcpu, void *address)
{
	static uintptr_t last;
	uintptr_t now = (uintptr_t)address + vcpu * VCPU;

	if (now != last)
		on_insn(vcpu, address);
	last = now;
}

static void on_block(unsigned int vcpu, void *data)
{
	const struct block *block = data;

	state.hash = state.hash * block->power + block->value + vcpu * VCPU * block->ones;
	state.count += block->length;
}

static uint64_t address_of(const struct qemu_plugin_tb *tb, size_t index)
{
	return qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, index));
}

static bool once;

static void translate_insns(struct qemu_plugin_tb *tb)
{
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++)
		qemu_plugin_register_vcpu_insn_exec_cb(qemu_plugin_tb_get_insn(tb, i), once ? on_insn_once : on_insn,
						       QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)address_of(tb, i));
}

static void translate_block(struct qemu_plugin_tb *tb)
{
	if (n_blocks == MAX_BLOCKS) {
		incomplete = true;
		return;
	}

	struct block *block = &blocks[n_blocks++];

	*block = (struct block){ .power = 1, .length = qemu_plugin_tb_n_insns(tb) };
	for (size_t i = 0; i < block->length; i++) {
		block->value = block->value * PRIME + address_of(tb, i);
		block->ones = block->ones * PRIME + 1;
		block->power *= PRIME;
	}
	qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS, block);
}

/* The emulator has thrown all its translated blocks away: ours are free. What it hands over is of no interest. */
static void on_flush(void)
{
	n_blocks = 0;
}

static FILE *out;

static void on_exit_write(void)
{
	fprintf(out, "insnhash: %016" PRIx64 " instructions: %" PRIu64 "%s\n", state.hash, state.count,
		incomplete ? " incomplete: too many blocks" : "");
	if (fflush(out))
		fprintf(stderr, "insnhash: the result could not be written: %s\n", strerror(errno));
}

static void (*translate)(struct qemu_plugin_tb *tb);

static void on_translate_before_7(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	translate(tb);
}

static void on_translate(struct qemu_plugin_tb *tb, void *data)
{
	(void)data;
	translate(tb);
}

static void translate_by(qemu_plugin_id_t id, void (*function)(struct qemu_plugin_tb *tb))
{
	bool is_7 = qemu_plugin_version == PLUGIN_API_SEVENTH;

	translate = function;
	qemu_plugin_register_vcpu_tb_trans_cb(
		id, is_7 ? (plugin_any_fn)on_translate : (plugin_any_fn)on_translate_before_7, NULL);
}

static bool use_blocks(qemu_plugin_id_t id)
{
	void *memory = mmap(NULL, MAX_BLOCKS * sizeof(*blocks), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED) {
		fprintf(stderr, "insnhash: no memory for mode=block: %s\n", strerror(errno));
		return false;
	}
	blocks = memory;
	qemu_plugin_register_flush_cb(id, on_flush, NULL);
	translate_by(id, translate_block);
	return true;
}

static bool use_insns(qemu_plugin_id_t id)
{
	translate_by(id, translate_insns);
	return true;
}

static bool use_insns_once(qemu_plugin_id_t id)
{
	once = true;
	return use_insns(id);
}

static const struct {
	const char *argument;
	bool (*use)(qemu_plugin_id_t id);
} modes[] = {
	{ "mode=insn", use_insns },
	{ "mode=block", use_blocks },
	{ "mode=once", use_insns_once },
};

/* The mode of that argument, or -1. */
static int find_mode(const char *argument)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(argument, modes[i].argument))
			return (int)i;
	return -1;
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	const char *path = NULL;
	int mode = 0;

	(void)info;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4)) {
			path = argv[i] + 4;
		} else if ((mode = find_mode(argv[i])) < 0) {
			fprintf(stderr, "insnhash: unknown argument '%s'; known: out=PATH, mode=insn, mode=block, mode=once\n",
				argv[i]);
			return -1;
		}
	}

	out = path ? fopen(path, "we") : stderr;
	if (!out) {
		fprintf(stderr, "insnhash: %s: %s\n", path, strerror(errno));
		return -1;
	}
	qemu_plugin_register_atexit_cb(id, on_exit_write, NULL);
	return modes[mode].use(id) ? 0 : -1;
}
