// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * init.c - process 1 of the Linux guest: mounts, finds the disk, runs the steps that the kernel's command line names
 * and ends as it says. The only file that prints errors: any failure prints one line, `rrio-guest: error: …`, and
 * powers the machine off, so that a test sees it and never waits. The kernel's command line: see README.md.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

/* A file on the disk: it is there between the two boots of rrio.end=reboot-once. */
#define MARKER "rebooted"

enum end { END_POWEROFF, END_REBOOT, END_REBOOT_ONCE, END_WAIT, END_LOGIN };
static const char *const end_names[] = { "poweroff", "reboot", "reboot-once", "wait", "login" };

static struct {
	bool chosen[16];	 /* by index into steps[] */
	const struct step *work; /* instead of the steps, or NULL */
	unsigned long scale;
	enum end end;
	char second[32];  /* a disk's name, or empty */
	char module[32];  /* to load besides those of the devices, or empty */
	char console[32]; /* where END_LOGIN asks for a name */
} options;

static _Noreturn void leave(int how)
{
	fflush(stdout);
	sync();
	reboot(how);
	_exit(1); /* the kernel panics, which ends the emulator too (panic=-1 and -no-reboot) */
}

static _Noreturn void fail(const char *what, const char *name, int err)
{
	printf("rrio-guest: error: %s %s: %s\n", what, name, strerror(-err));
	leave(RB_POWER_OFF);
}

/* ---- the kernel's command line ---- */

static int parse_end(const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(end_names); i++) {
		if (!strcmp(value, end_names[i])) {
			options.end = (enum end)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_number(const char *value, unsigned long most, unsigned long *number)
{
	char *end;

	*number = strtoul(value, &end, 10);
	return *value && !*end && *number > 0 && *number <= most ? 0 : -EINVAL;
}

static int parse_scale(const char *value)
{
	return parse_number(value, 1000, &options.scale);
}

static int parse_count(const char *value, unsigned long most, unsigned int *count)
{
	unsigned long number = 0;
	int err = parse_number(value, most, &number);

	*count = (unsigned int)number;
	return err;
}

static int parse_depth(const char *value)
{
	return parse_count(value, MAX_DEPTH, &work_depth);
}

static int parse_disks(const char *value)
{
	return parse_count(value, MAX_DISKS, &work_disks);
}

static int parse_port(const char *value)
{
	return parse_count(value, 65535, &fetch_port);
}

static int parse_work(const char *value)
{
	for (size_t i = 0; i < n_works; i++)
		if (!strcmp(value, works[i].name))
			options.work = &works[i];
	return options.work ? 0 : -EINVAL;
}

static int choose_step(const char *name, size_t length)
{
	for (size_t i = 0; i < n_steps; i++) {
		if (strlen(steps[i].name) == length && !strncmp(steps[i].name, name, length)) {
			options.chosen[i] = true;
			return 0;
		}
	}
	return -EINVAL;
}

/* A list of names with commas between them; an empty one chooses no step. */
static int parse_steps(const char *value)
{
	memset(options.chosen, 0, sizeof(options.chosen));
	while (*value) {
		size_t length = strcspn(value, ",");

		if (choose_step(value, length))
			return -EINVAL;
		value += length + (value[length] == ',');
	}
	return 0;
}

static int parse_name(char name[32], const char *value)
{
	int length = snprintf(name, 32, "%s", value);

	return length > 0 && length < 32 && !strchr(value, '/') ? 0 : -EINVAL;
}

static int parse_second(const char *value)
{
	return parse_name(options.second, value);
}

static int parse_module(const char *value)
{
	return parse_name(options.module, value);
}

static int parse_console(const char *value)
{
	return parse_name(options.console, value);
}

static const struct {
	const char *name;
	int (*parse)(const char *value);
} parsers[] = {
	{ "rrio.steps=", parse_steps },	  { "rrio.work=", parse_work },	      { "rrio.depth=", parse_depth },
	{ "rrio.scale=", parse_scale },	  { "rrio.end=", parse_end },	      { "rrio.second=", parse_second },
	{ "rrio.module=", parse_module }, { "rrio.console=", parse_console }, { "rrio.port=", parse_port },
	{ "rrio.disks=", parse_disks },
};

static int parse_option(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(parsers); i++) {
		size_t length = strlen(parsers[i].name);

		if (!strncmp(word, parsers[i].name, length))
			return parsers[i].parse(word + length);
	}
	return strncmp(word, "rrio.", 5) ? 0 : -EINVAL;
}

static void parse_command_line(void)
{
	static char line[4096];
	ssize_t length = read_text("/proc/cmdline", line, sizeof(line));

	if (length < 0)
		fail("read", "/proc/cmdline", (int)length);
	memset(options.chosen, true, n_steps);
	options.scale = 1;
	for (char *at, *word = strtok_r(line, " \n", &at); word; word = strtok_r(NULL, " \n", &at))
		if (parse_option(word))
			fail("option", word, -EINVAL);
}

/* ---- the disk ---- */

static void mount_at(const char *type, const char *source, const char *target)
{
	mkdir(target, 0755);
	if (mount(source, target, type, 0, NULL))
		fail("mount", target, -errno);
}

static long read_number(const char *disk, const char *attribute)
{
	char path[600], text[64];

	snprintf(path, sizeof(path), "/sys/block/%s/%s", disk, attribute);
	return read_text(path, text, sizeof(text)) < 0 ? -1 : strtol(text, NULL, 10);
}

static bool is_disk(const char *name)
{
	char path[300];

	if (name[0] == '.' || read_number(name, "removable") != 0 || read_number(name, "size") <= 0)
		return false;
	snprintf(path, sizeof(path), "/dev/%s", name);
	return !access(path, R_OK | W_OK);
}

enum { DISK_NAME = 256 };

/* The first disk by name, if there is one already. */
static bool find_disk(void *what)
{
	char *disk = what;
	struct dirent *entry;
	DIR *dir = opendir("/sys/block");

	disk[0] = '\0';
	while (dir && (entry = readdir(dir)))
		if (is_disk(entry->d_name) && (!disk[0] || strcmp(entry->d_name, disk) < 0))
			snprintf(disk, DISK_NAME, "%s", entry->d_name);
	if (dir)
		closedir(dir);
	return disk[0];
}

static void wait_for_disk(char disk[DISK_NAME])
{
	int found = drivers_await(find_disk, disk);

	if (found < 0)
		fail("load", "a driver", found);
	if (!found)
		fail("find", "a disk", -ENODEV);
}

static void mount_disk(const char *disk)
{
	char path[300];

	snprintf(path, sizeof(path), "/dev/%s", disk);
	mount_at("ext4", path, MOUNT_POINT);
	if (chdir(MOUNT_POINT))
		fail("enter", MOUNT_POINT, -errno);
	printf("rrio-guest: disk %s, %ld sectors\n", disk, read_number(disk, "size"));
}

/* ---- the steps and the end ---- */

static void run_step(const struct step *step, const char *disk)
{
	uint64_t sum = 0;
	int err = 0;

	for (unsigned int round = 0; !err && round < options.scale; round++)
		err = step->run(round, &sum);
	if (err)
		fail("step", step->name, err);
	err = report_step(step->name, sum, disk);
	if (err)
		fail("report", step->name, err);
	fflush(stdout);
}

static void run_steps(const char *disk, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++)
		if (options.chosen[i])
			run_step(&steps[i], disk);
}

/* The steps on one disk, with another one at work beside them. */
static void run_steps_beside(const char *disk)
{
	uint64_t sum = 0;
	int err = second_start(options.second);

	if (err)
		fail("start", options.second, err);
	run_steps(disk, 0, n_steps);
	err = second_finish(&sum);
	if (err)
		fail("second disk", options.second, err);
	err = report_step("second", sum, options.second);
	if (err)
		fail("report", "second", err);
}

static void unmount_disk(void)
{
	if (chdir("/") || umount(MOUNT_POINT))
		fail("unmount", MOUNT_POINT, -errno);
}

/* Runs the first half of the steps and reboots; after that, runs the others. */
static void run_around_reboot(const char *disk)
{
	size_t half = n_steps / 2;

	if (!access(MARKER, F_OK)) {
		if (unlink(MARKER))
			fail("delete", MARKER, -errno);
		run_steps(disk, half, n_steps);
		return;
	}
	run_steps(disk, 0, half);

	int err = file_write(MARKER, (struct span){ .bytes = 0 });

	if (err)
		fail("write", MARKER, err);
	unmount_disk();
	printf("rrio-guest: rebooting\n");
	leave(RB_AUTOBOOT);
}

/* In a child: asks for a name on the console, as its controlling terminal. */
static _Noreturn void ask_for_name(void)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/%s", *options.console ? options.console : "ttyS0");
	setsid();
	fd = open(path, O_RDWR);
	if (fd < 0 || ioctl(fd, TIOCSCTTY, 1))
		fail("open", path, -errno);
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	execl("/bin/busybox", "login", NULL);
	fail("run", "/bin/busybox", -errno);
}

/* Somebody works at the console until they log out. */
static void login(void)
{
	setenv("PATH", "/bin", 1);
	if (chdir("/") || system("/bin/busybox --install -s /bin && hostname rrio"))
		fail("install", "/bin", -EIO);
	for (int i = 0; i < 20; i++)
		if (drivers_scan() < 0)
			fail("load", "a driver", -EIO);
	printf("rrio-guest: login\n");
	fflush(stdout);

	pid_t child = fork();

	if (!child)
		ask_for_name();
	if (child < 0 || waitpid(child, NULL, 0) != child)
		fail("run", "login", -errno);
}

static _Noreturn void end_guest(void)
{
	if (options.end == END_WAIT) {
		printf("rrio-guest: waiting\n");
		fflush(stdout);
		for (;;)
			pause();
	}
	if (options.end == END_LOGIN)
		login();
	unmount_disk();
	printf("rrio-guest: end %s at %lld ns\n", end_names[options.end], (long long)report_now());
	leave(options.end == END_REBOOT ? RB_AUTOBOOT : RB_POWER_OFF);
}

int main(void)
{
	char disk[DISK_NAME];

	mount_at("proc", "proc", "/proc");
	mount_at("sysfs", "sysfs", "/sys");
	mount_at("devtmpfs", "devtmpfs", "/dev");
	parse_command_line();
	report_start();

	int err = drivers_init();

	if (err)
		fail("load", "the basic modules", err);
	err = *options.module ? drivers_load(options.module) : 0;
	if (err < 0)
		fail("load", options.module, err);
	wait_for_disk(disk);
	mount_disk(disk);
	work_disk = disk;
	if (options.work)
		run_step(options.work, disk);
	else if (options.end == END_REBOOT_ONCE)
		run_around_reboot(disk);
	else if (*options.second)
		run_steps_beside(disk);
	else
		run_steps(disk, 0, n_steps);
	end_guest();
}
