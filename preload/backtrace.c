// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * backtrace.c - walks the stack of whoever submits a request, and writes each chain of calls to the journal once.
 *
 * Owns the chains that are known. Recording alone, by whoever runs, so one at a time; costs one test when it is off.
 * Calls no malloc: unw_backtrace keeps what it knows in mappings of its own, _dl_find_object takes no lock, and dladdr,
 * which takes the loader's, is asked for new chains only. libunwind is loaded, not linked: it defines the unwinder that
 * exceptions use as well, which must stay the emulator's own. When the table is full, new chains are not recorded.
 */
#include "backtrace.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "config.h"
#include "message.h"
#include "self.h"
#include "tape.h"

enum { FRAMES = 48, OWN = 8, CHAINS = 4096, TEXT = 16 << 10 };

static int (*walk)(void **frames, int room);

/* Chains by the hash of their addresses, as a table with open addressing; the id is the order of first use. */
static uint64_t known[2 * CHAINS];
static uint32_t ids[2 * CHAINS], count;

void backtrace_init(void)
{
	void *library;

	if (!config.backtrace || !recording())
		return;
	library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
	if (library)
		*(void **)&walk = dlsym(library, "unw_backtrace");
	if (!walk)
		message_end(STATUS_UNSUPPORTED,
			    "RRIO_BACKTRACE=1 needs libunwind.so.8 (%s); on Debian: apt-get install "
			    "libunwind8; everything else works without it [no-libunwind]",
			    library ? "without unw_backtrace" : dlerror());
}

static bool in_library(const void *address, const struct dl_find_object *library)
{
	return address >= library->dlfo_map_start && address < library->dlfo_map_end;
}

/* The calls of others: ours are innermost, and what is below translated code differs from run to run. */
static unsigned trim(void **frames, unsigned n, unsigned *first)
{
	struct dl_find_object object;

	*first = 0;
	if (!_dl_find_object((void *)trim, &object))
		while (*first < n && in_library(frames[*first], &object))
			++*first;
	while (n > *first && _dl_find_object(frames[n - 1], &object))
		n--;
	return n;
}

/* "SYMBOL+0xOFFSET FILE+0xOFFSET" and its NUL. A return address is behind its call: the function is that of the call.
 */
static size_t put_frame(char *out, size_t room, const char *address)
{
	Dl_info info;
	int n;

	if (!dladdr(address - 1, &info) || !info.dli_fname)
		n = snprintf(out, room, "? ?");
	else if (info.dli_sname)
		n = snprintf(out, room, "%s+0x%tx %s+0x%tx", info.dli_sname, address - (const char *)info.dli_saddr,
			     info.dli_fname, address - (const char *)info.dli_fbase);
	else
		n = snprintf(out, room, "? %s+0x%tx", info.dli_fname, address - (const char *)info.dli_fbase);
	return n < 0 || (size_t)n >= room ? 0 : (size_t)n + 1;
}

static void write_chain(uint32_t id, void *const *frames, unsigned n)
{
	/* cppcheck-suppress unassignedVariable ; put_frame fills it */
	static char text[TEXT];
	char *out = text;
	size_t used = 0, more = 1;

	for (unsigned i = 0; i < n && more; i++)
		used += more = put_frame(out + used, TEXT - used, frames[i]);
	tape_stack(id, (struct rrj_strings){ out, used });
}

/* Its id; a chain that has not been seen is written. */
static uint32_t chain_id(void *const *frames, unsigned n)
{
	uint64_t hash = XXH3_64bits(frames, n * sizeof(*frames));
	size_t at = hash % (2 * CHAINS);

	while (ids[at] && known[at] != hash)
		at = (at + 1) % (2 * CHAINS);
	if (ids[at] || count == CHAINS)
		return ids[at];
	known[at] = hash;
	ids[at] = ++count;
	write_chain(count, frames, n);
	return count;
}

static uint32_t take(void)
{
	void *frames[FRAMES + OWN];
	int walked = walk(frames, FRAMES + OWN);
	unsigned first, n = trim(frames, walked > 0 ? (unsigned)walked : 0, &first);

	return n > first ? chain_id(frames + first, n - first) : 0;
}

uint32_t backtrace_take(void)
{
	bool was_inside = self.inside;
	int saved = errno;
	uint32_t id;

	if (!walk || !recording())
		return 0;
	self.inside = true;
	id = take();
	self.inside = was_inside;
	errno = saved;
	return id;
}
