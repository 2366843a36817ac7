// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xhci.c - an xHCI controller with one USB device behind it: its default endpoint and two bulk endpoints. For
 * usb_storage.c; interrupts off; fails with -errno.
 */
#include "xhci.h"

#include "../clock.h"

/* Registers: capabilities, operation, a port, the first interrupter. */
enum { PARAMETERS1 = 4, PARAMETERS2 = 8, CAPABILITIES = 0x10, DOORBELLS = 0x14, RUNTIME = 0x18, WIDE_CONTEXTS = 4 };
enum { COMMAND = 0, STATUS = 4, COMMAND_RING = 0x18, CONTEXTS = 0x30, CONFIG = 0x38, FIRST_PORT = 0x400 };
enum { RUN = 1, RESET = 2, INTERRUPTS = 4, HALTED = 1, NOT_READY = 1 << 11 };
enum { CONNECTED = 1, POWER = 1 << 9, PORT_RESET = 1 << 4, RESET_DONE = 1 << 21, PORT_SIZE = 16 };
enum { INTERRUPTER = 0x20, MANAGEMENT = 0, SEGMENTS = 8, SEGMENT_TABLE = 0x10, EVENT_RING = 0x18 };
enum { PENDING = 1, ENABLED = 2, BUSY = 8 };

/* Kinds of TRBs, and their flags. */
enum { NORMAL = 1, SETUP, DATA, STATUS_STAGE, LINK = 6, ENABLE_SLOT = 9, ADDRESS_DEVICE = 11, CONFIGURE = 12 };
enum { TRANSFER_EVENT = 32, COMMAND_EVENT = 33 };
enum {
	CYCLE = 1,
	TOGGLE = 2,
	CHAIN = 1 << 4,
	NOTIFY = 1 << 5,
	IMMEDIATE = 1 << 6,
	READS = 1 << 16,
	SETUP_READS = 3 << 16
};
enum { SUCCESS = 1, SHORT_PACKET = 13 };

enum { RING_SIZE = 64, CONTROL = XHCI_BULK_PIPES, COMMANDS, RINGS, CONTEXT_WORDS = 8, ENDPOINTS = 32 };
enum { TYPE_BULK_OUT = 2, TYPE_CONTROL = 4, TYPE_BULK_IN = 6, THREE_ERRORS = 3 << 1, MOST_SLOT_CONTEXTS = 256 };

struct trb {
	uint32_t address, high, status;
	volatile uint32_t control;
};

struct ring {
	struct trb trbs[RING_SIZE] __attribute__((aligned(1024))); /* the last links to the first */
	unsigned next;
	uint32_t cycle;
	unsigned endpoint; /* as the doorbell has it */
};

static struct ring rings[RINGS];
static struct trb events[RING_SIZE] __attribute__((aligned(1024)));
static uint64_t segment[2] __attribute__((aligned(64)));
static uint64_t contexts[MOST_SLOT_CONTEXTS] __attribute__((aligned(2048)));
static uint32_t input[ENDPOINTS + 1][CONTEXT_WORDS] __attribute__((aligned(PAGE)));
static uint32_t output[ENDPOINTS][CONTEXT_WORDS] __attribute__((aligned(PAGE)));
static uint32_t base, operation, interrupter, doorbells;
static unsigned next_event, slot, port;
static uint32_t event_cycle;

static void start_ring(struct ring *ring, unsigned endpoint)
{
	memset(ring, 0, sizeof(*ring));
	ring->cycle = CYCLE;
	ring->endpoint = endpoint;
}

/* A TRB's cycle bit hands it to the controller, so it is written last. */
static void add(struct ring *ring, struct trb trb, unsigned kind, uint32_t flags)
{
	struct trb *at = &ring->trbs[ring->next++];

	at->address = trb.address;
	at->high = trb.high;
	at->status = trb.status;
	barrier();
	at->control = trb.control | kind << 10 | flags | ring->cycle;
	if (ring->next == RING_SIZE - 1) {
		ring->trbs[ring->next].address = address_of(ring->trbs);
		barrier();
		ring->trbs[ring->next].control = LINK << 10 | TOGGLE | (flags & CHAIN) | ring->cycle;
		ring->next = 0;
		ring->cycle ^= CYCLE;
	}
}

static void ring_doorbell(const struct ring *ring)
{
	barrier();
	*reg32(doorbells + (ring->endpoint ? 4 * slot : 0)) = ring->endpoint;
}

/* The next event of any kind; false if there is none. */
static bool take_event(struct trb *event)
{
	const struct trb *at = &events[next_event];

	if ((at->control & CYCLE) != event_cycle)
		return false;
	barrier();
	*event = *at;
	next_event = (next_event + 1) % RING_SIZE;
	if (!next_event)
		event_cycle ^= CYCLE;
	*reg32(interrupter + EVENT_RING) = address_of(&events[next_event]) | BUSY;
	*reg32(interrupter + EVENT_RING + 4) = 0;
	return true;
}

static unsigned event_kind(const struct trb *event)
{
	return event->control >> 10 & 63;
}

static int event_status(const struct trb *event)
{
	uint32_t code = event->status >> 24;

	return code == SUCCESS || code == SHORT_PACKET ? 0 : -EIO;
}

static int await_event(unsigned kind, struct trb *event)
{
	uint64_t end = clock_after(1000);

	while (!take_event(event) || event_kind(event) != kind)
		if (clock_passed(end))
			return -ETIMEDOUT;
	return event_status(event);
}

static int command(unsigned kind, const void *context, struct trb *event)
{
	add(&rings[COMMANDS], (struct trb){ address_of(context), 0, 0, slot << 24 }, kind, 0);
	ring_doorbell(&rings[COMMANDS]);
	return await_event(COMMAND_EVENT, event);
}

static void set_context_pointers(void)
{
	*reg32(operation + CONTEXTS) = address_of(contexts);
	*reg32(operation + CONTEXTS + 4) = 0;
	*reg32(operation + COMMAND_RING) = address_of(rings[COMMANDS].trbs) | CYCLE;
	*reg32(operation + COMMAND_RING + 4) = 0;
}

static void set_event_ring(void)
{
	segment[0] = address_of(events);
	segment[1] = RING_SIZE;
	next_event = 0;
	event_cycle = CYCLE;
	*reg32(interrupter + SEGMENTS) = 1;
	*reg32(interrupter + EVENT_RING) = address_of(events);
	*reg32(interrupter + EVENT_RING + 4) = 0;
	*reg32(interrupter + SEGMENT_TABLE) = address_of(segment);
	*reg32(interrupter + SEGMENT_TABLE + 4) = 0;
	*reg32(interrupter + MANAGEMENT) = ENABLED | PENDING;
}

static int start_controller(void)
{
	/* Neither scratch pages nor contexts of 64 bytes: no emulated controller asks for them. */
	if (*reg32(base + PARAMETERS2) >> 21 || *reg32(base + CAPABILITIES) & WIDE_CONTEXTS)
		return -EINVAL;
	*reg32(operation + COMMAND) = 0;
	if (clock_await(reg32(operation + STATUS), HALTED, HALTED))
		return -ETIMEDOUT;
	*reg32(operation + COMMAND) = RESET;
	if (clock_await(reg32(operation + COMMAND), RESET, 0) || clock_await(reg32(operation + STATUS), NOT_READY, 0))
		return -ETIMEDOUT;
	start_ring(&rings[COMMANDS], 0);
	*reg32(operation + CONFIG) = 1;
	set_context_pointers();
	set_event_ring();
	*reg32(operation + COMMAND) = RUN | INTERRUPTS;
	return clock_await(reg32(operation + STATUS), HALTED, 0);
}

static volatile uint32_t *port_register(void)
{
	return reg32(operation + FIRST_PORT + PORT_SIZE * (port - 1));
}

static int reset_port(void)
{
	unsigned ports = *reg32(base + PARAMETERS1) >> 24;

	for (port = 1; port <= ports; port++)
		if (*port_register() & CONNECTED)
			break;
	if (port > ports)
		return -ENODEV;
	*port_register() = POWER | PORT_RESET;
	return clock_await(port_register(), RESET_DONE, RESET_DONE);
}

static void set_endpoint(unsigned endpoint, unsigned type, uint32_t packet_size, struct ring *ring)
{
	uint32_t *context = input[endpoint + 1];

	start_ring(ring, endpoint);
	context[1] = type << 3 | THREE_ERRORS | packet_size << 16;
	context[2] = address_of(ring->trbs) | CYCLE;
	context[4] = packet_size;
	input[0][1] |= 1u << endpoint;
	if (input[1][0] >> 27 < endpoint)
		input[1][0] = (input[1][0] & ~(31u << 27)) | endpoint << 27;
}

static void start_input(void)
{
	uint32_t speed = *port_register() >> 10 & 15;

	memset(input, 0, sizeof(input));
	input[0][1] = 1; /* the slot's own context */
	input[1][0] = speed << 20;
	input[1][1] = port << 16;
}

static int address_device(void)
{
	/* Full, low, high and super speed. */
	static const uint16_t packet_sizes[16] = { [1] = 8, [2] = 8, [3] = 64, [4] = 512 };
	struct trb event;
	int status;

	slot = 0;
	status = command(ENABLE_SLOT, NULL, &event);
	if (status)
		return status;
	slot = event.control >> 24;
	contexts[slot] = address_of(output);
	start_input();
	set_endpoint(1, TYPE_CONTROL, packet_sizes[*port_register() >> 10 & 15], &rings[CONTROL]);
	return command(ADDRESS_DEVICE, input, &event);
}

int xhci_start(const struct pci_device *device)
{
	int status;

	base = pci_bar(device, 0);
	if (!base)
		return -ENODEV;
	operation = base + *reg8(base);
	interrupter = base + *reg32(base + RUNTIME) + INTERRUPTER;
	doorbells = base + *reg32(base + DOORBELLS);
	status = start_controller();
	if (!status)
		status = reset_port();
	return status ? status : address_device();
}

int xhci_control(uint16_t request, uint16_t value, void *data, uint16_t length)
{
	struct ring *ring = &rings[CONTROL];
	struct trb event;

	add(ring, (struct trb){ (uint32_t)value << 16 | request, (uint32_t)length << 16, 8, 0 }, SETUP,
	    IMMEDIATE | (length ? SETUP_READS : 0));
	if (length)
		add(ring, (struct trb){ address_of(data), 0, length, 0 }, DATA, READS);
	add(ring, (struct trb){ 0, 0, 0, 0 }, STATUS_STAGE, NOTIFY | (length ? 0 : READS));
	ring_doorbell(ring);
	return await_event(TRANSFER_EVENT, &event);
}

int xhci_open_pipes(const struct usb_endpoint endpoints[XHCI_BULK_PIPES])
{
	struct trb event;

	start_input();
	for (unsigned i = 0; i < XHCI_BULK_PIPES; i++) {
		unsigned number = endpoints[i].address & 15;
		bool in = i == XHCI_BULK_IN;

		set_endpoint(2 * number + in, in ? TYPE_BULK_IN : TYPE_BULK_OUT, endpoints[i].packet_size, &rings[i]);
	}
	return command(CONFIGURE, input, &event);
}

void xhci_transfer(enum xhci_pipe pipe, const struct xhci_part *parts, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		add(&rings[pipe], (struct trb){ address_of(parts[i].data), 0, parts[i].size, 0 }, NORMAL,
		    i + 1 < count ? CHAIN : NOTIFY);
	ring_doorbell(&rings[pipe]);
}

int xhci_next_done(int *status)
{
	struct trb event;

	while (take_event(&event)) {
		if (event_kind(&event) != TRANSFER_EVENT)
			continue;
		*status = event_status(&event);
		return 0;
	}
	return -1;
}

void xhci_acknowledge(void)
{
	*reg32(operation + STATUS) = 1 << 3; /* the event interrupt */
	*reg32(interrupter + MANAGEMENT) = ENABLED | PENDING;
}
