// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * network.c - rrio.work=fetch: the guest's first network card gets the address that QEMU's user network gives to
 * guests, fetches a file by HTTP and pings. Called by process 1. Prints nothing; -errno on failure.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest.h"

#define CARD	"eth0"
#define ADDRESS "10.0.2.15"
#define GATEWAY "10.0.2.2" /* the host's loopback is behind it, too */

enum { PINGS = 8, PING_BYTES = 56 };

unsigned int fetch_port = 80;

static struct sockaddr_in address_of(const char *text, unsigned int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	inet_pton(AF_INET, text, &address.sin_addr);
	return address;
}

/* ---- the card ---- */

struct card {
	int fd;
	struct ifreq *request;
};

static bool find_card(void *what)
{
	const struct card *card = what;

	return !ioctl(card->fd, SIOCGIFFLAGS, card->request);
}

static int wait_for_card(int fd, struct ifreq *request)
{
	int found = drivers_await(find_card, &(struct card){ fd, request });

	return found > 0 ? 0 : found ? found : -ENODEV;
}

static int set_address(int fd, struct ifreq *request, unsigned long what, const char *text)
{
	struct sockaddr_in address = address_of(text, 0);

	memcpy(&request->ifr_addr, &address, sizeof(address));
	return ioctl(fd, what, request) ? -errno : 0;
}

static int add_route(int fd)
{
	struct rtentry route = { .rt_flags = RTF_UP | RTF_GATEWAY };
	struct sockaddr_in any = { .sin_family = AF_INET }, gateway = address_of(GATEWAY, 0);

	memcpy(&route.rt_dst, &any, sizeof(any));
	memcpy(&route.rt_genmask, &any, sizeof(any));
	memcpy(&route.rt_gateway, &gateway, sizeof(gateway));
	return ioctl(fd, SIOCADDRT, &route) ? -errno : 0;
}

static int dress(int fd)
{
	struct ifreq request = { .ifr_name = CARD };
	int err = wait_for_card(fd, &request);
	short flags = request.ifr_flags;

	if (!err)
		err = set_address(fd, &request, SIOCSIFADDR, ADDRESS);
	if (!err)
		err = set_address(fd, &request, SIOCSIFNETMASK, "255.255.255.0");
	request.ifr_flags = (short)(flags | IFF_UP);
	if (!err && ioctl(fd, SIOCSIFFLAGS, &request))
		err = -errno;
	return err ? err : add_route(fd);
}

static int begin(void)
{
	static bool dressed;
	int err, fd;

	if (dressed)
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		return -errno;
	err = dress(fd);
	close(fd);
	dressed = !err;
	return err;
}

/* ---- a fetch ---- */

/* Until the server closes the connection; how much came. */
static ssize_t take_all(int fd, uint64_t *sum)
{
	static unsigned char bytes[CHUNK];
	ssize_t all = 0, n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
		for (ssize_t i = 0; i < n; i += 64)
			*sum = (*sum ^ bytes[i]) * UINT64_C(0x100000001b3);
		all += n;
	}
	return n < 0 ? -errno : all;
}

/* How the bytes are cut into reads is in the sum as well. An answer that is no file is too short. */
static int fetch(uint64_t *sum)
{
	static const char request[] = "GET /big HTTP/1.0\r\n\r\n";
	struct sockaddr_in server = address_of(GATEWAY, fetch_port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	ssize_t size;

	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&server, sizeof(server)))
		size = -errno;
	else if (write(fd, request, sizeof(request) - 1) != (ssize_t)sizeof(request) - 1)
		size = -EIO;
	else
		size = take_all(fd, sum);
	close(fd);
	if (size < 0)
		return (int)size;
	return size > CHUNK ? 0 : -ENODATA;
}

/* ---- pings ---- */

static uint16_t checksum(const uint16_t *words, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += words[i];
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t) ~(sum + (sum >> 16));
}

static bool is_answer(const unsigned char *packet, ssize_t size, uint16_t number)
{
	struct icmphdr header;
	size_t head = (size_t)(packet[0] & 15) * 4;

	if (size < (ssize_t)(head + sizeof(header)))
		return false;
	memcpy(&header, packet + head, sizeof(header));
	return header.type == ICMP_ECHOREPLY && header.un.echo.sequence == htons(number);
}

static int ping(int fd, uint16_t number)
{
	_Alignas(struct icmphdr) unsigned char packet[1024] = { 0 };
	struct icmphdr *header = (struct icmphdr *)packet;
	struct sockaddr_in gateway = address_of(GATEWAY, 0);
	ssize_t n;

	header->type = ICMP_ECHO;
	header->un.echo.sequence = htons(number);
	header->checksum = checksum((const uint16_t *)packet, PING_BYTES / 2);
	if (sendto(fd, packet, PING_BYTES, 0, (struct sockaddr *)&gateway, sizeof(gateway)) < 0)
		return -errno;
	do
		n = recv(fd, packet, sizeof(packet), 0);
	while (n >= 0 && !is_answer(packet, n, number));
	return n < 0 ? -errno : 0;
}

static int ping_some(unsigned int round)
{
	const struct timeval patience = { .tv_sec = 10 };
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	int err = fd < 0 ? -errno : 0;

	if (!err)
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	for (unsigned int i = 0; !err && i < PINGS; i++)
		err = ping(fd, (uint16_t)(round * PINGS + i));
	if (fd >= 0)
		close(fd);
	return err;
}

int run_fetch(unsigned int round, uint64_t *sum)
{
	int err = begin();

	if (!err)
		err = fetch(sum);
	return err ? err : ping_some(round);
}
