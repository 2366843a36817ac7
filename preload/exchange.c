/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exchange.c - writes down what a call on an external descriptor came to, and hands it back in replay.
 *
 * Parties, one at a time: so there is one buffer. No allocation. The host's descriptor is not touched in replay, but
 * what the emulator writes to its standard output is shown. A difference in replay ends the process. The record's
 * bytes: journal/FORMAT.md, section 6.
 */
#include "exchange.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

#include "../journal/wire.h"
#include "config.h"
#include "diverge.h"
#include "interpose.h"
#include "parts.h"
#include "passed.h"
#include "self.h"
#include "tape.h"
#include "turnstile.h"
#include "uncontrolled.h"

/* Beside the data: numbers, an address, control data. */
enum { BESIDE_MAX = 64 << 10, DIGEST_ITSELF = 4 };

static uint8_t text[EXCHANGE_DATA_MAX + BESIDE_MAX];

static enum rrj_source source_of(enum rrj_call call)
{
	if (call <= RRJ_CALL_RECVMSG)
		return RRJ_RECEIVED;
	if (call <= RRJ_CALL_SENDMSG)
		return RRJ_SENT;
	return call < RRJ_CALL_GETADDRINFO || call == RRJ_CALL_SPAWN ? RRJ_CALLED : RRJ_LOOKED_UP;
}

/* ---- what is taken ---- */

static bool takes(const struct exchange *exchange)
{
	return exchange->takes || exchange->takes_iov;
}

/* Of at most four bytes: the bytes themselves, which compress well. A serial port writes one at a time. */
static uint32_t digest(const struct exchange *exchange)
{
	XXH3_state_t state = { 0 };
	uint32_t itself = 0;
	size_t size = 0;

	XXH3_64bits_reset(&state);
	for (int i = 0; i < exchange->takes_count; i++) {
		const struct iovec *part = &exchange->takes_iov[i];

		XXH3_64bits_update(&state, part->iov_base, part->iov_len);
		if (size + part->iov_len <= DIGEST_ITSELF)
			memcpy((char *)&itself + size, part->iov_base, part->iov_len);
		size += part->iov_len;
	}
	XXH3_64bits_update(&state, exchange->takes, exchange->takes_size);
	if (size + exchange->takes_size <= DIGEST_ITSELF) {
		memcpy((char *)&itself + size, exchange->takes, exchange->takes_size);
		return itself;
	}
	return (uint32_t)XXH3_64bits_digest(&state);
}

/* ---- what is handed back ---- */

/* The data as parts; `one` is for what is just one. */
static const struct iovec *data_of(const struct exchange *exchange, struct iovec *one, int *count)
{
	*one = (struct iovec){ exchange->data, exchange->data_size };
	*count = exchange->iov ? exchange->iov_count : 1;
	return exchange->iov ? exchange->iov : one;
}

static socklen_t smaller(socklen_t one, socklen_t other)
{
	return one < other ? one : other;
}

static uint8_t *put_message(uint8_t *out, const struct msghdr *message)
{
	out = rrj_put_bytes(out, message->msg_name, message->msg_name ? message->msg_namelen : 0);
	out = rrj_put_bytes(out, message->msg_control, message->msg_controllen);
	out = rrj_put_varint(out, (uint32_t)message->msg_flags);
	return passed_put(out, message);
}

static uint8_t *put_back(uint8_t *out, const struct exchange *exchange, int64_t result)
{
	if (exchange->data || exchange->iov) {
		struct iovec one;
		int count;
		const struct iovec *iov = data_of(exchange, &one, &count);
		size_t room = parts_length(iov, count), size = (size_t)result < room ? (size_t)result : room;

		out = rrj_put_varint(out, size);
		parts_gather(out, iov, count, size);
		out += size;
	}
	if (exchange->gives)
		out = rrj_put_bytes(out, exchange->gives, exchange->gives_size);
	if (exchange->sized && exchange->size) {
		out = rrj_put_varint(out, *exchange->size);
		out = rrj_put_bytes(out, exchange->sized, smaller(exchange->room, *exchange->size));
	}
	if (exchange->message)
		out = put_message(out, exchange->message);
	return out;
}

static void fill(struct rrj_in *in, void *to, size_t room)
{
	size_t size;
	const void *from = rrj_get_bytes(in, &size);

	if (size > room)
		in->bad = true;
	else if (size)
		memcpy(to, from, size);
}

static void get_message(struct rrj_in *in, struct msghdr *message)
{
	size_t size;
	const void *from = rrj_get_bytes(in, &size);

	if (size <= message->msg_namelen && size)
		memcpy(message->msg_name, from, size);
	message->msg_namelen = (socklen_t)size;
	from = rrj_get_bytes(in, &size);
	if (size > message->msg_controllen) {
		in->bad = true;
		return;
	}
	if (size)
		memcpy(message->msg_control, from, size);
	message->msg_controllen = size;
	message->msg_flags = (int)rrj_get_varint(in);
	passed_get(in, message);
}

static void get_back(struct rrj_in *in, struct exchange *exchange)
{
	if (exchange->data || exchange->iov) {
		struct iovec one;
		int count;
		const struct iovec *iov = data_of(exchange, &one, &count);
		size_t size;
		const uint8_t *from = rrj_get_bytes(in, &size);

		if (size <= parts_length(iov, count))
			parts_scatter(iov, count, from, size);
		else
			in->bad = true;
	}
	if (exchange->gives)
		fill(in, exchange->gives, exchange->gives_size);
	if (exchange->sized && exchange->size) {
		*exchange->size = (socklen_t)rrj_get_varint(in);
		fill(in, exchange->sized, exchange->room);
	}
	if (exchange->message)
		get_message(in, exchange->message);
}

/* ---- a call ---- */

bool exchange_begins(struct exchange *exchange)
{
	if (exchange->call == RRJ_CALL_SOCKET && self.role == THREAD_OTHER && recording())
		uncontrolled_call();
	if (!external_call(exchange->fd) && !(exchange->anyway && self_is_party() && config.mode != MODE_OFF))
		return false;
	exchange->told = replaying();
	if (exchange->size)
		exchange->room = *exchange->size;
	return true;
}

static void record(const struct exchange *exchange, int64_t result)
{
	uint8_t *out = rrj_put_varint(text, exchange->fd < 0 ? 0 : external_id(exchange->fd));
	enum rrj_source source = source_of(exchange->call);

	out = rrj_put_varint(out, exchange->call);
	out = rrj_put_varint(out, rrj_zigzag((uint64_t)result));
	if (takes(exchange))
		out = rrj_put_u32(out, digest(exchange));
	if (result >= 0)
		out = put_back(out, exchange, result);
	/* What was sent is not needed before the next turn: a process that dies here has sent it, and no more. */
	tape_give(source, text, (size_t)(out - text), source != RRJ_SENT);
	if (exchange->makes && result >= 0)
		external_made((int)result, exchange->makes);
}

/* All of it, however slow the reader; nothing of it comes back to the emulator. */
static void show(int fd, const char *bytes, size_t size)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };

	while (size) {
		ssize_t n = real.write(fd, bytes, size);

		if (n < 0 && errno == EAGAIN)
			real.poll(&room, 1, -1);
		else if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			bytes += n;
			size -= (size_t)n;
		}
	}
}

static void show_sent(const struct exchange *exchange, int64_t result)
{
	size_t left = (size_t)result;

	if (exchange->fd != STDOUT_FILENO && exchange->fd != STDERR_FILENO)
		return;
	for (int i = 0; i < exchange->takes_count; i++) {
		const struct iovec *part = &exchange->takes_iov[i];
		size_t size = part->iov_len < left ? part->iov_len : left;

		show(exchange->fd, part->iov_base, size);
		left -= size;
	}
	if (exchange->takes)
		show(exchange->fd, exchange->takes, left < exchange->takes_size ? left : exchange->takes_size);
}

static _Noreturn void differs(const char *id, const struct exchange *exchange, const char *what, uint64_t then,
			      uint64_t now)
{
	diverged(&(struct divergence){ .id = id,
				       .icount = turnstile_icount(),
				       .differences = { NUMBERS(what, (int64_t)then, (int64_t)now) } },
		 "the emulator calls %s on %s, and the %s is not the recorded one", rrj_call_name(exchange->call),
		 external_kind_name(exchange->fd), what);
}

static _Noreturn void other_call(const struct exchange *exchange, enum rrj_call then)
{
	diverged(&(struct divergence){ .id = "diverged-call",
				       .icount = turnstile_icount(),
				       .differences = { TEXTS("call", rrj_call_name(then),
							      rrj_call_name(exchange->call)) } },
		 "the emulator calls %s on %s, where the recording has %s", rrj_call_name(exchange->call),
		 external_kind_name(exchange->fd), rrj_call_name(then));
}

/* What every recorded call begins with; `in` stands behind it. */
struct head {
	uint64_t id;
	enum rrj_call call;
	int64_t result;
};

static struct head get_head(const struct rrj_input *input, struct rrj_in *in)
{
	struct head head;

	*in = (struct rrj_in){ input->data, (const uint8_t *)input->data + input->size, false };
	head.id = rrj_get_varint(in);
	head.call = (enum rrj_call)rrj_get_varint(in);
	head.result = (int64_t)rrj_unzigzag(rrj_get_varint(in));
	return head;
}

static int64_t follow(struct exchange *exchange)
{
	const struct rrj_input *input = tape_take(source_of(exchange->call));
	uint64_t id = exchange->fd < 0 ? 0 : external_id(exchange->fd);
	struct rrj_in in;
	struct head then = get_head(input, &in);

	if (then.call != exchange->call)
		other_call(exchange, then.call);
	if (id != then.id)
		differs("diverged-descriptor", exchange, "number of the external descriptor", then.id, id);
	if (takes(exchange)) {
		uint32_t sent = digest(exchange), then_sent = rrj_get_u32(&in);

		if (sent != then_sent)
			differs("diverged-sent", exchange, "digest of what is sent", then_sent, sent);
	}
	if (then.result >= 0)
		get_back(&in, exchange);
	if (in.bad)
		differs("diverged-answer", exchange, "size of what comes back", input->size, 0);
	if (exchange->makes && then.result >= 0)
		return external_placeholder(exchange->makes);
	if (source_of(exchange->call) == RRJ_SENT && then.result > 0)
		show_sent(exchange, then.result);
	return then.result;
}

int64_t exchange_ends(struct exchange *exchange, int64_t result)
{
	int saved = errno;

	if (exchange->told)
		result = follow(exchange);
	else
		record(exchange, result = result < 0 ? -saved : result);
	errno = result < 0 ? (int)-result : saved;
	return result < 0 ? -1 : result;
}

bool exchange_is_next(enum rrj_call call, const char *path)
{
	const struct exchange wanted = { .takes = path, .takes_size = path ? strlen(path) : 0 };
	const struct rrj_input *input = tape_look();
	struct rrj_in in;

	return input && input->source == source_of(call) && get_head(input, &in).call == call &&
	       (!path || rrj_get_u32(&in) == digest(&wanted)) && !in.bad;
}
