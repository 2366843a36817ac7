/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * order.h - a recording's requests in the order of their submission, which is their identity. One thread.
 */
#ifndef INSPECT_ORDER_H
#define INSPECT_ORDER_H

#include "view.h"

/* How far one can look ahead. */
enum { ORDER_AHEAD = 128 };

struct order;

/* The view stays the caller's; it is read from its place on. NULL: no memory. */
struct order *order_new(struct view *view);
void order_free(struct order *order);

/* The request so many behind the next one; NULL: there are fewer. Its names are in the view. */
const struct event *order_peek(struct order *order, unsigned ahead);

/* Passes by so many. */
void order_pass(struct order *order, unsigned count);

#endif
