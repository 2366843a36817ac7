// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * names.c - names of the enumerations, for messages and viewers.
 *
 * Owns constant tables; any thread; cannot fail: what has no name is "unknown".
 */
#include "rrio/journal.h"

#define NAME(names, value) name(names, sizeof(names) / sizeof((names)[0]), (unsigned)(value))

static const char *const types[] = {
	[RRJ_START] = "start", [RRJ_FILE] = "file", [RRJ_TURN] = "turn", [RRJ_REQUEST] = "request",
	[RRJ_INPUT] = "input", [RRJ_NOTE] = "note", [RRJ_END] = "end",
	[RRJ_STACK] = "stack",
};
static const char *const kinds[] = {
	[RRJ_SLICE] = "slice",
	[RRJ_STALL] = "stall",
	[RRJ_IDLE] = "idle",
	[RRJ_NESTED] = "nested",
	[RRJ_AGAIN] = "again",
};
static const char *const ops[] = {
	[RRJ_READ] = "read",	     [RRJ_WRITE] = "write",	  [RRJ_FLUSH] = "flush",
	[RRJ_ALLOCATE] = "allocate", [RRJ_TRUNCATE] = "truncate", [RRJ_COPY] = "copy",
	[RRJ_IOCTL] = "ioctl",	     [RRJ_OPAQUE] = "opaque",	  [RRJ_COMPUTE] = "compute",
};
static const char *const sources[] = {
	[RRJ_GNUTLS_RND] = "gnutls_rnd",       [RRJ_GETRANDOM] = "getrandom", [RRJ_G_RANDOM] = "g_random",
	[RRJ_RANDOM_DEVICE] = "random device", [RRJ_SIGNAL] = "signal",     [RRJ_SEEK] = "seek",
	[RRJ_PROBE] = "probe",		       [RRJ_DEVICE] = "device",
	[RRJ_READY] = "ready",		       [RRJ_RECEIVED] = "received",   [RRJ_SENT] = "sent",
	[RRJ_CALLED] = "called",	       [RRJ_LOOKED_UP] = "looked up",
};
static const char *const calls[] = {
	[RRJ_CALL_READ] = "read",
	[RRJ_CALL_READV] = "readv",
	[RRJ_CALL_RECV] = "recv",
	[RRJ_CALL_RECVFROM] = "recvfrom",
	[RRJ_CALL_RECVMSG] = "recvmsg",
	[RRJ_CALL_WRITE] = "write",
	[RRJ_CALL_WRITEV] = "writev",
	[RRJ_CALL_SEND] = "send",
	[RRJ_CALL_SENDTO] = "sendto",
	[RRJ_CALL_SENDMSG] = "sendmsg",
	[RRJ_CALL_OPEN] = "open",
	[RRJ_CALL_SOCKET] = "socket",
	[RRJ_CALL_SOCKETPAIR] = "socketpair",
	[RRJ_CALL_OPENPTY] = "openpty",
	[RRJ_CALL_ACCEPT] = "accept",
	[RRJ_CALL_BIND] = "bind",
	[RRJ_CALL_LISTEN] = "listen",
	[RRJ_CALL_CONNECT] = "connect",
	[RRJ_CALL_SHUTDOWN] = "shutdown",
	[RRJ_CALL_GETSOCKNAME] = "getsockname",
	[RRJ_CALL_GETPEERNAME] = "getpeername",
	[RRJ_CALL_GETSOCKOPT] = "getsockopt",
	[RRJ_CALL_SETSOCKOPT] = "setsockopt",
	[RRJ_CALL_IOCTL] = "ioctl",
	[RRJ_CALL_FCNTL] = "fcntl",
	[RRJ_CALL_TCGETATTR] = "tcgetattr",
	[RRJ_CALL_TCSENDBREAK] = "tcsendbreak",
	[RRJ_CALL_PTSNAME] = "ptsname",
	[RRJ_CALL_UNLINK] = "unlink",
	[RRJ_CALL_ISATTY] = "isatty",
	[RRJ_CALL_GETADDRINFO] = "getaddrinfo",
	[RRJ_CALL_STAT] = "stat",
	[RRJ_CALL_READ_FILE] = "read file",
	[RRJ_CALL_SPAWN] = "spawn",
	[RRJ_CALL_WAITPID] = "waitpid",
};
static const char *const data[] = {
	[RRJ_DATA_DIGEST] = "digest",
	[RRJ_DATA_FULL] = "full",
	[RRJ_DATA_NONE] = "none",
};
static const char *const states[] = {
	[RRJ_MORE] = "more",
	[RRJ_WHOLE] = "whole",
	[RRJ_EARLY] = "early",
	[RRJ_DAMAGED] = "damaged",
};

static const char *name(const char *const *names, size_t n, unsigned value)
{
	return value < n && names[value] ? names[value] : "unknown";
}

const char *rrj_type_name(enum rrj_type type)
{
	return NAME(types, type);
}

const char *rrj_kind_name(enum rrj_kind kind)
{
	return NAME(kinds, kind);
}

const char *rrj_op_name(enum rrj_op op)
{
	return NAME(ops, op);
}

const char *rrj_source_name(enum rrj_source source)
{
	return NAME(sources, source);
}

const char *rrj_call_name(enum rrj_call call)
{
	return NAME(calls, call);
}

const char *rrj_data_name(enum rrj_data value)
{
	return NAME(data, value);
}

const char *rrj_state_name(enum rrj_state state)
{
	return NAME(states, state);
}
