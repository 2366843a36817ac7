/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uring.h - the io_uring engine, for polls. */
#ifndef PRELOAD_URING_H
#define PRELOAD_URING_H

/* Before a poll, in whoever runs: rings that QEMU has emptied are not readable any more. */
void uring_drained(void);

#endif
