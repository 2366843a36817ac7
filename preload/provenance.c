/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * provenance.c - what identifies a run: executable, build, version, arguments, working directory, environment.
 *
 * Called by the constructor, in a process with one thread, so it may allocate.
 */
#include "provenance.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../hooks/emulator.h"
#include "config.h"
#include "interpose.h"
#include "message.h"

/* HOST: the machine, for `rrio replay`, which runs no foreign command line unasked. */
#define HOST "RRIO_HOST="
static char host[] = HOST "00000000";

static char emulator[PATH_MAX], cwd[PATH_MAX], build_id[2 * 64 + 1], version[64];

/* The variables that can change what an emulator does; a name ending in _ stands for all that begin like that. */
static const char *const relevant[] = {
	"PATH",	      "HOME",	 "TMPDIR", "TZ",       "LANG",		"LC_",
	"QEMU_",      "G_SLICE", "SDL_",   "MALLOC_",  "XDG_DATA_HOME", "LD_LIBRARY_PATH",
	"GCONV_PATH", "GNUTLS_", "TERM",   "TERMINFO", "LINES",		"COLUMNS",
	"ESCDELAY",
};

static bool is_relevant(const char *entry)
{
	for (size_t i = 0; i < sizeof(relevant) / sizeof(relevant[0]); i++) {
		size_t length = strlen(relevant[i]);

		if (!strncmp(entry, relevant[i], length) && (relevant[i][length - 1] == '_' || entry[length] == '='))
			return true;
	}
	return false;
}

static bool always(const char *entry)
{
	(void)entry;
	return true;
}

/* The list as one, with one more string if that is wanted. */
static struct rrj_strings join(char **list, bool (*wanted)(const char *), const char *more)
{
	size_t size = more ? strlen(more) + 1 : 0, used = 0;
	char *bytes;

	for (char **entry = list; *entry; entry++)
		size += wanted(*entry) ? strlen(*entry) + 1 : 0;
	bytes = malloc(size ? size : 1);
	if (!bytes)
		message_end(STATUS_BUG, "no memory for the command line [no-memory]");
	for (char **entry = list; *entry; entry++) {
		if (!wanted(*entry))
			continue;
		memcpy(bytes + used, *entry, strlen(*entry) + 1);
		used += strlen(*entry) + 1;
	}
	if (more)
		memcpy(bytes + used, more, strlen(more) + 1);
	return (struct rrj_strings){ bytes, size };
}

/* A note segment's build-id, in hexadecimal. */
static void read_notes(const char *notes, size_t size)
{
	const char *end = notes + size;

	while (notes + sizeof(ElfW(Nhdr)) <= end) {
		const ElfW(Nhdr) *note = (const void *)notes;
		const char *name = notes + sizeof(*note);
		const unsigned char *value = (const unsigned char *)name + ((note->n_namesz + 3u) & ~3u);

		if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && !memcmp(name, "GNU", 4)) {
			for (unsigned i = 0; i < note->n_descsz && 2 * i + 2 < sizeof(build_id); i++)
				snprintf(build_id + 2 * (size_t)i, 3, "%02x", value[i]);
			return;
		}
		notes = (const char *)value + ((note->n_descsz + 3u) & ~3u);
	}
}

static int read_build_id(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size, (void)unused;
	for (int i = 0; i < info->dlpi_phnum && !*build_id; i++)
		if (info->dlpi_phdr[i].p_type == PT_NOTE)
			read_notes((const char *)info->dlpi_addr + info->dlpi_phdr[i].p_vaddr,
				   info->dlpi_phdr[i].p_memsz);
	return 1; /* the first object is the executable */
}

static void read_version(void)
{
	struct emulator_version *found = emu.query_version ? emu.query_version(NULL) : NULL;

	if (found && found->qemu)
		snprintf(version, sizeof(version), "%" PRId64 ".%" PRId64 ".%" PRId64, found->qemu->major,
			 found->qemu->minor, found->qemu->micro);
}

/* As cksum(1) has it: the CRC of POSIX. */
static uint32_t checksum(const unsigned char *bytes, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < size + sizeof(size) && (i < size || size >> 8 * (i - size)); i++) {
		sum ^= (uint32_t)(i < size ? bytes[i] : (unsigned char)(size >> 8 * (i - size))) << 24;
		for (int bit = 0; bit < 8; bit++)
			sum = sum << 1 ^ (sum & 0x80000000 ? 0x04c11db7 : 0);
	}
	return ~sum;
}

/* The machine's own name for itself is confidential: machine-id(5). Without one all machines are the same. */
static void read_host(void)
{
	int fd = real.open("/etc/machine-id", O_RDONLY | O_CLOEXEC, 0);
	unsigned char id[64];
	ssize_t n = fd < 0 ? 0 : real.read(fd, id, sizeof(id));

	if (n > 0)
		snprintf(host, sizeof(host), HOST "%08" PRIx32, checksum(id, (size_t)n));
	if (fd >= 0)
		close(fd);
}

static void read_executable(void)
{
	ssize_t length = readlink("/proc/self/exe", emulator, sizeof(emulator) - 1);

	emulator[length > 0 ? length : 0] = '\0';
}

bool provenance_is_emulator(void)
{
	const char *name;

	read_executable();
	name = strrchr(emulator, '/');
	return !strncmp(name ? name + 1 : emulator, "qemu-system-", 12);
}

bool provenance_leaps(char **argv)
{
	for (; argv[0] && argv[1]; argv++)
		if ((!strcmp(argv[0], "-icount") || !strcmp(argv[0], "--icount")) && strstr(argv[1], "sleep=off"))
			return true;
	return false;
}

void provenance_fill(struct rrj_start *start, int argc, char **argv, char **environment)
{
	struct stat status;

	(void)argc;
	read_executable();
	read_host();
	read_version();
	dl_iterate_phdr(read_build_id, NULL);
	if (!getcwd(cwd, sizeof(cwd)))
		*cwd = '\0';
	*start = (struct rrj_start){
		.rrio_version = RRIO_VERSION,
		.emulator = emulator,
		.emulator_version = version,
		.build_id = build_id,
		.emulator_size = stat(emulator, &status) == 0 ? (uint64_t)status.st_size : 0,
		.cwd = cwd,
		.argv = join(argv, always, NULL),
		.env = join(environment, is_relevant, host),
	};
	if (real.getrandom(start->id, sizeof(start->id), GRND_NONBLOCK) != sizeof(start->id))
		memcpy(start->id, &status.st_ctim, sizeof(start->id));
}

static unsigned words(const char *bytes, size_t size)
{
	unsigned count = 0;

	for (size_t i = 0; i < size; i++)
		count += !bytes[i];
	return count;
}

/* The first argument that differs, for the warning; but for what rrio replay has put behind them. */
static void compare_arguments(const struct rrj_strings *now, const struct rrj_strings *then)
{
	size_t at = 0;

	while (at < now->size && at < then->size && !strcmp(now->bytes + at, then->bytes + at))
		at += strlen(now->bytes + at) + 1;
	if (at == then->size && words(now->bytes + at, now->size - at) == config.extra)
		return;
	message(MODULE_MAIN, MESSAGE_WARN,
		"the command line differs from the recorded one: %s where that has %s; replay goes on, and stops at "
		"the "
		"first difference that the guest would see [other-command-line]",
		at < now->size ? now->bytes + at : "(nothing)", at < then->size ? then->bytes + at : "(nothing)");
}

void provenance_compare(const struct rrj_start *now, const struct rrj_start *then)
{
	if (strcmp(now->build_id, then->build_id) || (!*now->build_id && now->emulator_size != then->emulator_size))
		message_end(STATUS_UNREADABLE,
			    "this is not the emulator of the recording: build %s of %" PRIu64
			    " bytes (version %s), recorded "
			    "with build %s of %" PRIu64
			    " bytes (version %s, %s); replay with that one [other-emulator]",
			    now->build_id, now->emulator_size, now->emulator_version, then->build_id,
			    then->emulator_size, then->emulator_version, then->emulator);
	compare_arguments(&now->argv, &then->argv);
}
