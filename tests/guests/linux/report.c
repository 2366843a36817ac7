// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report.c - what the guest prints about itself: everything that would differ if it had run differently. Called by
 * process 1 alone. Fails with -errno when the kernel does not say what is asked; the caller prints that.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/random.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

struct interrupts {
	uint64_t all, disk, timer;
};

/* What the lines of /proc/interrupts that we tell apart contain. */
static const char *const disk_names[] = { "virtio", "ata_piix", "ahci", "nvme", "xhci", "ehci", "uhci" };
static const char *const timer_names[] = { "LOC:", "timer" };

static bool names_one(const char *line, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strstr(line, names[i]))
			return true;
	return false;
}

/* The sum over the CPUs' columns: the numbers behind the colon. */
static uint64_t sum_columns(const char *line)
{
	uint64_t sum = 0, value;
	char *at = strchr(line, ':');

	if (!at)
		return 0;
	for (char *end = at + 1; at = end, value = strtoull(at, &end, 10), end != at && (*end == ' ' || *end == '\n');)
		sum += value;
	return sum;
}

static int read_interrupts(struct interrupts *counts)
{
	static char text[32 << 10];
	ssize_t length = read_text("/proc/interrupts", text, sizeof(text));

	if (length < 0)
		return (int)length;
	for (char *at, *line = strtok_r(text, "\n", &at); line; line = strtok_r(NULL, "\n", &at)) {
		uint64_t sum = sum_columns(line);

		counts->all += sum;
		if (names_one(line, disk_names, ARRAY_SIZE(disk_names)))
			counts->disk += sum;
		else if (names_one(line, timer_names, ARRAY_SIZE(timer_names)))
			counts->timer += sum;
	}
	return 0;
}

int64_t report_now(void)
{
	char text[512];
	ssize_t length = read_text("/proc/timer_list", text, sizeof(text));
	const char *now = length < 0 ? NULL : strstr(text, "now at ");

	if (length < 0)
		return length;
	return now ? strtoll(now + strlen("now at "), NULL, 10) : -ENODATA;
}

/* Reads, writes and flushes that the disk has finished. */
static int read_requests(const char *disk, uint64_t requests[3])
{
	char path[128], text[512];
	uint64_t fields[17] = { 0 };

	snprintf(path, sizeof(path), "/sys/block/%s/stat", disk);

	ssize_t length = read_text(path, text, sizeof(text));

	if (length < 0)
		return (int)length;

	char *at = text;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		fields[i] = strtoull(at, &at, 10);
	requests[0] = fields[0];
	requests[1] = fields[4];
	requests[2] = fields[15];
	return 0;
}

/* The CPU's and the host's share in the guest: randomness and the time of day. */
void report_start(void)
{
	unsigned char bytes[16];
	char date[32];
	struct timespec now;
	struct tm tm;
	struct utsname name;

	uname(&name);
	printf("rrio-guest: linux %s, %ld cpus\n", name.release, sysconf(_SC_NPROCESSORS_ONLN));
	/* GRND_INSECURE never waits; what the CPU or a device has given is in it all the same. */
	if (getrandom(bytes, sizeof(bytes), GRND_INSECURE) == (ssize_t)sizeof(bytes)) {
		printf("rrio-guest: random ");
		for (size_t i = 0; i < sizeof(bytes); i++)
			printf("%02x", bytes[i]);
		printf("\n");
	}
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	printf("rrio-guest: date %s.%09ldZ\n", date, now.tv_nsec);
}

int report_step(const char *name, uint64_t sum, const char *disk)
{
	struct interrupts counts = { 0 };
	uint64_t requests[3];
	int64_t now = report_now();
	int err = now < 0 ? (int)now : read_interrupts(&counts);

	if (!err)
		err = read_requests(disk, requests);
	if (err)
		return err;
	printf("rrio-guest: step %s checksum %016" PRIx64 " now %" PRId64 " ns reads %" PRIu64 " writes %" PRIu64
	       " flushes %" PRIu64 " irqs %" PRIu64 " disk-irqs %" PRIu64 " timer-irqs %" PRIu64 "\n",
	       name, sum, now, requests[0], requests[1], requests[2], counts.all, counts.disk, counts.timer);
	return 0;
}
