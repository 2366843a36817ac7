/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xhci.h - an xHCI controller with one device, for usb_storage.c; xhci.c says who may call what. */
#ifndef BARE_XHCI_H
#define BARE_XHCI_H

#include "../disk.h"

enum xhci_pipe { XHCI_BULK_OUT, XHCI_BULK_IN, XHCI_BULK_PIPES };

struct usb_endpoint {
	uint8_t address;
	uint16_t packet_size;
};

/* Starts the controller and gives an address to the first device on its ports; -ENODEV if there is none. */
int xhci_start(const struct pci_device *device);

/* A request that reads (length may be 0) from the device's default endpoint. */
int xhci_control(uint16_t request, uint16_t value, void *data, uint16_t length);

int xhci_open_pipes(const struct usb_endpoint endpoints[XHCI_BULK_PIPES]);

/* Starts a transfer; its parts are one transfer to the device. */
struct xhci_part {
	void *data;
	uint32_t size;
};
void xhci_transfer(enum xhci_pipe pipe, const struct xhci_part *parts, unsigned count);

/* The next transfer that is done: 0 or -EIO in *status; -1 if there is none. */
int xhci_next_done(int *status);

/* Takes back the interrupt. */
void xhci_acknowledge(void);

#endif
