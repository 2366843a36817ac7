/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bells.h - what the vCPU thread rings while a virtual timer is due, and that can wait.
 *
 * At each virtual timer QEMU writes to the eventfd of every event loop that is in its poll (qemu_clock_notify, in
 * tcg-accel-ops-icount.c:icount_handle_deadline), should the timer be one of that loop's. It hardly ever is, and a
 * guest's clock alone would make a turn of each of its ticks. So such a bell waits for a turn that starts for another
 * reason, for the guest to idle or stall, or to come far enough, which is less far while the RCU thread has work; not if
 * a bottom half is to run, since then it may be for that one.
 *
 * A turn rings them before it asks what is ready: when they were rung is nobody's affair, in recording and replay
 * alike. Whoever runs calls this: the vCPU thread, or the holder of the turn while that thread is stopped. Nothing can
 * fail: a bell that finds no room does not wait.
 */
#ifndef PRELOAD_BELLS_H
#define PRELOAD_BELLS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Is the main loop the only one, and has nothing to do? What iothreads have to do is not looked at: with them, and in
 * an emulator that does not say what its loops have to do, no bell waits.
 */
bool bells_may_wait(void);

/* The vCPU thread is about to ring, at that instruction count, while a timer is due: false when it has to do so now. */
bool bells_put_off(int fd, int64_t icount);

/* Nobody hears that one any more. */
void bells_closed(int fd);

/* Rings all that wait. */
void bells_ring(void);

/* The guest has come to that instruction count: far enough? Cheap when none wait. */
void bells_pass(int64_t icount);

#endif
