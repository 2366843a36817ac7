// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * drivers.c - loads the kernel's modules as devices turn up, as a distribution's init does, from two lists that the
 * build has made: /modules/always, a module a line, and /modules/aliases, a device's pattern and the modules it needs
 * in their order. Called by process 1 alone. Prints nothing; -errno on failure.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

static const char *const buses[] = { "pci", "virtio", "scsi", "usb" };

struct alias {
	char *pattern;
	char *modules; /* NULL when they are loaded */
};

static struct alias aliases[512];
static size_t n_aliases;

static int load_module(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/modules/%s.ko", name);

	int fd = file_open(path, O_RDONLY);

	if (fd < 0)
		return fd;

	int err = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;

	close(fd);
	return err == -EEXIST ? 0 : err;
}

/* Loads every module of a list separated by blanks; how many it named. */
static int load_modules(char *names)
{
	int n = 0;

	for (char *at, *name = strtok_r(names, " \n", &at); name; name = strtok_r(NULL, " \n", &at), n++) {
		int err = load_module(name);

		if (err)
			return err;
	}
	return n;
}

static int read_aliases(void)
{
	static char text[64 << 10];
	ssize_t length = read_text("/modules/aliases", text, sizeof(text));

	if (length < 0)
		return (int)length;
	for (char *at, *line = strtok_r(text, "\n", &at); line; line = strtok_r(NULL, "\n", &at)) {
		char *blank = strchr(line, ' ');

		if (!blank || n_aliases == ARRAY_SIZE(aliases))
			return -EINVAL;
		*blank = '\0';
		aliases[n_aliases++] = (struct alias){ .pattern = line, .modules = blank + 1 };
	}
	return 0;
}

int drivers_init(void)
{
	static char text[4096];
	ssize_t length = read_text("/modules/always", text, sizeof(text));

	if (length < 0)
		return (int)length;

	int loaded = load_modules(text);

	return loaded < 0 ? loaded : read_aliases();
}

int drivers_load(char *name)
{
	return load_modules(name);
}

static int load_for_device(const char *modalias)
{
	int total = 0;

	for (size_t i = 0; i < n_aliases; i++) {
		if (!aliases[i].modules || fnmatch(aliases[i].pattern, modalias, 0))
			continue;

		int loaded = load_modules(aliases[i].modules);

		if (loaded < 0)
			return loaded;
		aliases[i].modules = NULL;
		total += loaded;
	}
	return total;
}

static int scan_bus(const char *bus)
{
	char path[512], modalias[512];
	int total = 0;
	struct dirent *entry;

	snprintf(path, sizeof(path), "/sys/bus/%s/devices", bus);

	DIR *dir = opendir(path);

	if (!dir)
		return 0; /* the bus comes with its module */
	while (total >= 0 && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s/modalias", bus, entry->d_name);

		ssize_t length = read_text(path, modalias, sizeof(modalias));

		if (length <= 0)
			continue; /* hubs and hosts have none */
		modalias[strcspn(modalias, "\n")] = '\0';

		int loaded = load_for_device(modalias);

		total = loaded < 0 ? loaded : total + loaded;
	}
	closedir(dir);
	return total;
}

int drivers_scan(void)
{
	int total = 0;

	for (size_t i = 0; i < ARRAY_SIZE(buses); i++) {
		int loaded = scan_bus(buses[i]);

		if (loaded < 0)
			return loaded;
		total += loaded;
	}
	return total;
}

/*
 * Devices turn up as drivers find them, behind one another. With sleep=off virtual time leaps while nothing runs, so
 * the end of our patience is counted in rounds and not in seconds.
 */
int drivers_await(bool (*there)(void *what), void *what)
{
	enum { ROUNDS = 2000 };
	const struct timespec pause = { .tv_nsec = 10000000 };

	for (int i = 0; i < ROUNDS; i++) {
		int loaded = drivers_scan();

		if (loaded < 0)
			return loaded;
		if (there(what))
			return 1;
		if (!loaded)
			nanosleep(&pause, NULL);
	}
	return 0;
}
