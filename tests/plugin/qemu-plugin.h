/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qemu-plugin.h - the part of the emulator's plugin interface, versions 1, 2 and 7, that our plugin uses (the emulator's
 * manual, "QEMU TCG Plugins", describes it). Distributions ship no header. Declarations only: the emulator exports the
 * functions.
 */
#ifndef TESTS_QEMU_PLUGIN_H
#define TESTS_QEMU_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#define PLUGIN_API_FIRST   1
#define PLUGIN_API_SECOND  2 /* QEMU 9.0 to 11.0; what we use of it is as before */
#define PLUGIN_API_SEVENTH 7 /* QEMU 11.1 */
#define PLUGIN_EXPORT	  __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;

/* What the emulator tells a plugin at its start. More members follow; we look only at these. */
typedef struct qemu_info_t {
	const char *target_name;
	struct {
		int min, cur;
	} version;
} qemu_info_t;

/* Whether a callback looks at the guest's registers. */
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

typedef uint64_t qemu_plugin_id_t;
/* A callback: these were (id), (id, data) and (id, block) up to version 6, and are (data), (data), (block, data) now. */
typedef void (*plugin_any_fn)(void);
typedef void (*plugin_execute_fn)(unsigned int vcpu, void *data);

/* Ours, which the emulator looks up by name. */
extern PLUGIN_EXPORT int qemu_plugin_version;
PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv);

/* The emulator's. */
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, plugin_any_fn exit_fn, void *data);
/* Before version 7 these two took no data. */
void qemu_plugin_register_flush_cb(qemu_plugin_id_t id, plugin_any_fn flush, void *data);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, plugin_any_fn translate, void *data);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block, plugin_execute_fn execute,
					  enum qemu_plugin_cb_flags flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, plugin_execute_fn execute,
					    enum qemu_plugin_cb_flags flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

/* From version 2 and from QEMU 11.1 on; NULL before. */
__attribute__((weak)) void *qemu_plugin_scoreboard_new(size_t size);
__attribute__((weak)) void qemu_plugin_set_pc(uint64_t address);

#endif
