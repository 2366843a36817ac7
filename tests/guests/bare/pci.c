// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pci.c - configuration space of bus 0 through ports 0xcf8 and 0xcfc. The firmware has placed everything already. The
 * boot processor, while it starts.
 */
#include "pci.h"

#include "machine.h"

enum { CONFIG_ADDRESS = 0xcf8, CONFIG_DATA = 0xcfc, ENABLE_ALL = 7, HAS_CAPABILITIES = 1 << 20 };

uint32_t pci_read(const struct pci_device *device, unsigned offset)
{
	outl(CONFIG_ADDRESS, device->address | (offset & ~3u));
	return inl(CONFIG_DATA) >> (offset & 3) * 8;
}

bool pci_next(uint32_t *next, struct pci_device *device)
{
	while (*next < 256) {
		uint32_t id;

		device->address = 1u << 31 | (*next)++ << 8;
		id = pci_read(device, 0);
		if (id == UINT32_MAX)
			continue;
		device->vendor = (uint16_t)id;
		device->device = (uint16_t)(id >> 16);
		device->class = pci_read(device, 8) >> 8;
		device->irq = pci_read(device, 0x3c) & 15;
		return true;
	}
	return false;
}

void pci_enable(const struct pci_device *device)
{
	uint32_t command = pci_read(device, PCI_COMMAND) & 0xffff;

	outl(CONFIG_ADDRESS, device->address | PCI_COMMAND);
	outl(CONFIG_DATA, command | ENABLE_ALL);
}

uint32_t pci_bar(const struct pci_device *device, unsigned bar)
{
	uint32_t low = pci_read(device, PCI_BAR0 + 4 * bar);

	if (low & 1)
		return low & ~3u;
	if ((low & 6) == 4 && pci_read(device, PCI_BAR0 + 4 * (bar + 1)))
		return 0;
	return low & ~15u;
}

unsigned pci_capability(const struct pci_device *device, unsigned offset, uint8_t kind)
{
	if (!(pci_read(device, PCI_COMMAND) & HAS_CAPABILITIES))
		return 0;
	offset = pci_read(device, offset ? offset + 1 : 0x34) & 0xfc;
	while (offset && (pci_read(device, offset) & 0xff) != kind)
		offset = pci_read(device, offset + 1) & 0xfc;
	return offset;
}
