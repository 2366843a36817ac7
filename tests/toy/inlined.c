/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inlined.c - for qemu-system-inlined: its slices do not ask the icount_round that it exports, as if that were inlined. */
#include "emulator/toy.h"

int64_t __wrap_icount_round(int64_t ns);
int64_t __wrap_icount_round(int64_t ns)
{
	return ns >> options.shift;
}
