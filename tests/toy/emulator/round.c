/* SPDX-License-Identifier: GPL-2.0-or-later */
/* round.c - icount_round, large enough to be replaced as QEMU's is. A file of its own, since there is a small one. */
#include "toy.h"

EXPORTED int64_t icount_round(int64_t ns)
{
	unsigned shift = options.shift;

	return (ns + ((int64_t)1 << shift) - 1) >> shift;
}
