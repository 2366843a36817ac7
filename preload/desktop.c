/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * desktop.c - the libraries of a window on the host's desktop, and their descriptors.
 *
 * Any thread; no lock of ours, no allocation. A library that is not in the table is taken for the emulator, and what it
 * exchanges with the outside is journalled.
 */
#include "desktop.h"

#include <dlfcn.h>
#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "descriptor.h"
#include "self.h"
#include "uncontrolled.h"

/*
 * By a part of the file's name. D-Bus's two are among them since that is how a window asks for its settings, OpenGL's
 * since they may draw it, and the one that reads icons, with random numbers of its language's.
 */
static const char *const libraries[] = {
	"libxcb.so",   "libX11.so",	 "libICE.so",	  "libwayland-client.so", "libgdk-3.so",
	"libgtk-3.so", "libSDL2-2.0.so", "libgio-2.0.so", "libdbus-1.so",	  "_dri.so",
	"libgallium",  "_mesa.so",	 "nvidia",	  "librsvg-2.so",
};

static _Atomic bool theirs[DESCRIPTORS];
static _Atomic bool any;

bool desktop_calls(const void *caller)
{
	struct dl_find_object object;
	const char *path, *name;

	/* dladdr() would look through all of the emulator's symbols. */
	if (_dl_find_object((void *)caller, &object))
		return false;
	path = object.dlfo_link_map->l_name;
	name = strrchr(path, '/');
	name = name ? name + 1 : path;
	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
		if (strstr(name, libraries[i]))
			return true;
	return false;
}

int desktop_made(int fd)
{
	if (fd < 0 || fd >= DESCRIPTORS)
		return fd;
	theirs[fd] = any = true;
	if (self_is_party())
		uncontrolled_window();
	return fd;
}

void desktop_closed(int fd)
{
	if (fd >= 0 && fd < DESCRIPTORS)
		theirs[fd] = false;
}

bool desktop_is(int fd)
{
	return any && fd >= 0 && fd < DESCRIPTORS && theirs[fd];
}

bool desktop_polls(const struct pollfd *fds, nfds_t n)
{
	for (nfds_t i = 0; any && i < n; i++)
		if (desktop_is(fds[i].fd))
			return true;
	return false;
}
