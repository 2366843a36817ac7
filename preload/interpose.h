/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interpose.h - the originals of the functions that rrio takes the place of (interpose.def).
 *
 * real.NAME may be called at any time and from any thread, also by other libraries' constructors before ours has run:
 * each pointer starts at a stub that finds the original, puts it there and goes on to it.
 */
#ifndef PRELOAD_INTERPOSE_H
#define PRELOAD_INTERPOSE_H

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

struct addrinfo;
struct io_uring;
struct io_uring_cqe;
struct iocb;
struct stat64;
struct termios;
struct winsize;

/* A function that the emulator and its libraries call instead of the original. */
#define INTERPOSED __attribute__((visibility("default")))

#define FN(returns, name, parameters, arguments) returns(*name) parameters;
struct real {
#include "interpose.def"
};

extern struct real real;

/* Finds all originals that are there, so that later calls need no lookup. The constructor calls it. */
void interpose_find(void);

#endif
