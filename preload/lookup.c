/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lookup.c - what the host knows and the emulator asks for by name: addresses, its name servers; and the paths of
 * sockets, which replay does not touch.
 *
 * Parties' calls alone. The results are allocated as the C library does it, so these wrappers call malloc, as their
 * originals do.
 */
#include "lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exchange.h"
#include "interpose.h"

/* libslirp finds the name server that it offers to the guest: slirp.c:get_dns_addr_resolv_conf */
#define RESOLV_CONF "/etc/resolv.conf"

enum { TEXT_MAX = 32 << 10 };

/* ---- getaddrinfo ---- */

/* One address in the journal; the canonical name's bytes follow. */
struct known_address {
	int flags, family, type, protocol;
	uint32_t size, name_size;
	struct sockaddr_storage address;
};

static size_t put_addresses(char *text, const struct addrinfo *info)
{
	size_t used = 0;

	for (; info; info = info->ai_next) {
		struct known_address known = {
			info->ai_flags, info->ai_family, info->ai_socktype, info->ai_protocol, info->ai_addrlen, 0,
			{ 0 }
		};

		known.name_size = info->ai_canonname ? (uint32_t)strlen(info->ai_canonname) + 1 : 0;
		if (used + sizeof(known) + known.name_size > TEXT_MAX - sizeof(int))
			break;
		memcpy(&known.address, info->ai_addr, info->ai_addrlen);
		memcpy(text + used, &known, sizeof(known));
		used += sizeof(known);
		if (known.name_size)
			memcpy(text + used, info->ai_canonname, known.name_size);
		used += known.name_size;
	}
	return used;
}

/* As freeaddrinfo() takes it: the address behind its description, the name by itself. */
static struct addrinfo *make_address(const struct known_address *known, const char *name)
{
	struct addrinfo *info = calloc(1, sizeof(*info) + known->size);

	if (!info)
		return NULL;
	*info = (struct addrinfo){ .ai_flags = known->flags,
				   .ai_family = known->family,
				   .ai_socktype = known->type,
				   .ai_protocol = known->protocol,
				   .ai_addrlen = known->size,
				   .ai_addr = (struct sockaddr *)(info + 1),
				   .ai_canonname = known->name_size ? strdup(name) : NULL };
	memcpy(info->ai_addr, &known->address, known->size);
	return info;
}

static struct addrinfo *get_addresses(const char *text, size_t size)
{
	struct addrinfo *first = NULL, **at = &first;

	for (size_t used = 0; used + sizeof(struct known_address) <= size;) {
		struct known_address known;

		memcpy(&known, text + used, sizeof(known));
		used += sizeof(known);
		if (known.size > sizeof(known.address) || known.name_size > size - used)
			break;
		*at = make_address(&known, text + used);
		if (!*at)
			break;
		at = &(*at)->ai_next;
		used += known.name_size;
	}
	return first;
}

INTERPOSED int getaddrinfo(const char *restrict node, const char *restrict service,
			   const struct addrinfo *restrict hints, struct addrinfo **restrict result)
{
	static char text[TEXT_MAX];
	struct iovec asked[2] = { { (void *)node, node ? strlen(node) : 0 },
				  { (void *)service, service ? strlen(service) : 0 } };
	struct exchange exchange = { .call = RRJ_CALL_GETADDRINFO,
				     .fd = -1,
				     .anyway = true,
				     .takes_iov = asked,
				     .takes_count = 2,
				     .data = text,
				     .data_size = sizeof(text) };
	int64_t size = 0;
	int code = 0;

	if (!exchange_begins(&exchange))
		return real.getaddrinfo(node, service, hints, result);
	if (!exchange.told) {
		code = real.getaddrinfo(node, service, hints, result);
		memcpy(text, &code, sizeof(code));
		size = (int64_t)(sizeof(code) + (code ? 0 : put_addresses(text + sizeof(code), *result)));
	}
	size = exchange_ends(&exchange, size);
	memcpy(&code, text, sizeof(code));
	if (exchange.told && !code)
		*result = get_addresses(text + sizeof(code), (size_t)size - sizeof(code));
	return code;
}

/* ---- the name servers ---- */

static int64_t read_file(const char *path, char *text)
{
	int fd = real.open(path, O_RDONLY | O_CLOEXEC, 0);
	int64_t size = 0;
	ssize_t n;

	if (fd < 0)
		return -1;
	while (size < TEXT_MAX && (n = real.read(fd, text + size, (size_t)(TEXT_MAX - size))) > 0)
		size += n;
	real.close(fd);
	return size;
}

bool lookup_fopen(const char *path, FILE **file)
{
	static char text[TEXT_MAX];
	struct exchange exchange = {
		.call = RRJ_CALL_READ_FILE, .fd = -1, .anyway = true, .data = text, .data_size = sizeof(text)
	};
	int64_t size;

	if (strcmp(path, RESOLV_CONF) != 0 || !exchange_begins(&exchange))
		return false;
	size = exchange_ends(&exchange, exchange.told ? 0 : read_file(path, text));
	*file = size < 0 ? NULL : fmemopen(text, (size_t)size, "r");
	return true;
}

bool lookup_stat(const char *path, struct stat64 *status, int *result)
{
	struct exchange exchange = {
		.call = RRJ_CALL_STAT, .fd = -1, .anyway = true, .gives = status, .gives_size = sizeof(*status)
	};

	if (strcmp(path, RESOLV_CONF) != 0 || !exchange_begins(&exchange))
		return false;
	*result = (int)exchange_ends(&exchange, exchange.told ? 0 : real.stat64(path, status));
	return true;
}

/* ---- sockets' paths ---- */

/* Is it a socket, or nothing? Then taking it away is part of listening there. util/qemu-sockets.c:unix_listen_saddr */
static bool may_be_socket(const char *path)
{
	struct stat status;

	return lstat(path, &status) < 0 || S_ISSOCK(status.st_mode);
}

bool lookup_unlink(const char *path, int *result)
{
	struct exchange exchange = {
		.call = RRJ_CALL_UNLINK, .fd = -1, .anyway = true, .takes = path, .takes_size = strlen(path)
	};

	if (!exchange_begins(&exchange) ||
	    !(exchange.told ? exchange_is_next(RRJ_CALL_UNLINK, path) : may_be_socket(path)))
		return false;
	*result = (int)exchange_ends(&exchange, exchange.told ? 0 : real.unlink(path));
	return true;
}
