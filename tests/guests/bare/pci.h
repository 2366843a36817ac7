/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci.h - configuration space; pci.c says who may call what. */
#ifndef BARE_PCI_H
#define BARE_PCI_H

#include <stdbool.h>
#include <stdint.h>

struct pci_device {
	uint32_t address; /* as the configuration port wants it */
	uint16_t vendor, device;
	uint32_t class; /* class, subclass and programming interface in 24 bits */
	unsigned irq;
};

enum { PCI_COMMAND = 4, PCI_BAR0 = 0x10, PCI_VENDOR_CAPABILITY = 9 };

/* Fills in the next function of bus 0 after `next`, which starts at 0 and is kept by the caller; false at the end. */
bool pci_next(uint32_t *next, struct pci_device *device);

uint32_t pci_read(const struct pci_device *device, unsigned offset);

/* Lets the device decode its addresses and reach memory by itself. */
void pci_enable(const struct pci_device *device);

/* A memory or port BAR's address; 0 if it is not there or beyond 4 GiB. */
uint32_t pci_bar(const struct pci_device *device, unsigned bar);

/* The next capability of this kind after `offset` (0: the first); 0 if there is none. */
unsigned pci_capability(const struct pci_device *device, unsigned offset, uint8_t kind);

#endif
