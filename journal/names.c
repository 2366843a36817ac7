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

const char *rrj_data_name(enum rrj_data value)
{
	return NAME(data, value);
}

const char *rrj_state_name(enum rrj_state state)
{
	return NAME(states, state);
}
