/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ticket.c - a window of the requests that have been submitted. Who calls what: ticket.h.
 */
#include "ticket.h"

#include <stddef.h>

#include "backtrace.h"
#include "trail.h"

static struct {
	struct ticket_slot *slot;
	int64_t icount;
	bool released;
	uint32_t stack;
} submitted[TICKETS];

static _Atomic uint64_t taken;

void ticket_take(struct ticket_slot *slot, uint64_t number, int64_t icount, const struct rrj_request *what)
{
	uint64_t ticket = ++taken;

	submitted[ticket % TICKETS].slot = slot;
	submitted[ticket % TICKETS].icount = icount;
	submitted[ticket % TICKETS].released = false;
	submitted[ticket % TICKETS].stack = backtrace_take();
	slot->ticket = ticket;
	slot->number = number;
	trail_submitted(ticket, icount, what);
}

static bool known(uint64_t ticket)
{
	return ticket && ticket <= taken && taken - ticket < TICKETS;
}

struct ticket_slot *ticket_slot(uint64_t ticket)
{
	return known(ticket) ? submitted[ticket % TICKETS].slot : NULL;
}

void ticket_release(uint64_t ticket)
{
	if (known(ticket))
		submitted[ticket % TICKETS].released = true;
}

bool ticket_released(uint64_t ticket)
{
	return known(ticket) && submitted[ticket % TICKETS].released;
}

bool ticket_in_flight(uint64_t ticket)
{
	return known(ticket) && !submitted[ticket % TICKETS].released;
}

int64_t ticket_icount(uint64_t ticket)
{
	return known(ticket) ? submitted[ticket % TICKETS].icount : -1;
}

uint32_t ticket_stack(uint64_t ticket)
{
	return known(ticket) ? submitted[ticket % TICKETS].stack : 0;
}

uint64_t tickets_taken(void)
{
	return taken;
}
