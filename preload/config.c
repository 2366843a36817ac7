/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.c - reads the RRIO_ variables by a table. Called by the constructor, in an emulator only.
 *
 * A variable or a value that it does not know ends the process: ignoring it would record something else than asked.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "until.h"

struct config config = { .data = RRJ_DATA_DIGEST, .patience = 10, .check_every = 100 };

static bool take_mode(const char *value)
{
	static const char *const names[] = { "off", "record", "replay" };

	for (int i = 0; i < 3; i++)
		if (!strcmp(value, names[i])) {
			config.mode = (enum mode)i;
			return true;
		}
	return false;
}

static bool take_dir(const char *value)
{
	config.dir = value;
	return *value;
}

static bool take_data(const char *value)
{
	for (int i = RRJ_DATA_DIGEST; i <= RRJ_DATA_NONE; i++)
		if (!strcmp(value, rrj_data_name((enum rrj_data)i))) {
			config.data = (enum rrj_data)i;
			return true;
		}
	return false;
}

static bool take_on_error(const char *value)
{
	config.stop_on_error = !strcmp(value, "stop");
	return config.stop_on_error || !strcmp(value, "continue");
}

/* A decimal number from `least` to a million that ends where the text does, or at a comma. */
static bool take_number(const char *text, unsigned least, unsigned *number)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long value = digits && digits < 8 ? strtoul(text, NULL, 10) : 1000001;

	*number = (unsigned)value;
	return value >= least && value <= 1000000 && (!text[digits] || text[digits] == ',');
}

static bool take_patience(const char *value)
{
	return !strchr(value, ',') && take_number(value, 0, &config.patience);
}

static bool take_check(const char *value)
{
	config.checks_set = true;
	if (!strcmp(value, "none"))
		return true;
	for (; *value; value += strcspn(value, ","), value += *value == ',' && value[1]) {
		size_t length = strcspn(value, ",:");

		if (length == 9 && !memcmp(value, "registers", 9) && value[9] != ':')
			config.checks |= RRJ_CHECK_REGISTERS;
		else if (length == 6 && !memcmp(value, "memory", 6) &&
			 (value[6] != ':' || take_number(value + 7, 1, &config.check_every)))
			config.checks |= RRJ_CHECK_MEMORY;
		else
			return false;
	}
	return config.checks;
}

static bool take_root(const char *value)
{
	config.root = value;
	return *value == '/' && value[1];
}

static bool take_extra(const char *value)
{
	char *end;

	config.extra = (unsigned)strtoul(value, &end, 10);
	return *value && !*end;
}

static bool take_backtrace(const char *value)
{
	config.backtrace = !strcmp(value, "1");
	return config.backtrace || !strcmp(value, "0");
}

static bool take_speed(const char *value)
{
	config.speed = !strcmp(value, "1");
	return config.speed || !strcmp(value, "0");
}

static bool take_address(const char *value, const char **address)
{
	*address = value;
	config.looks = true;
	return *value;
}

static bool take_gdb(const char *value)
{
	return take_address(value, &config.gdb);
}

static bool take_monitor(const char *value)
{
	return take_address(value, &config.monitor);
}

static bool take_qmp(const char *value)
{
	return take_address(value, &config.qmp);
}

/* The last two are the launcher's. */
static const struct variable {
	const char *name, *values;
	bool (*take)(const char *value);
} variables[] = {
	{ "RRIO_MODE", "record, replay, off", take_mode },
	{ "RRIO_DIR", "a folder", take_dir },
	{ "RRIO_LOG", "MODULE:LEVEL,… (all:warn; levels error, warn, info, debug)", message_configure },
	{ "RRIO_DATA", "digest, full, none", take_data },
	{ "RRIO_ON_ERROR", "continue, stop", take_on_error },
	{ "RRIO_PATIENCE", "seconds without progress, or 0 for ever (10)", take_patience },
	{ "RRIO_CHECK", "none, registers, memory, memory:TURNS, or two of them with a comma", take_check },
	{ "RRIO_BACKTRACE", "0, 1", take_backtrace },
	{ "RRIO_UNTIL", "instructions (1.2G), r17, request:17, t5, turn:5, end", until_take },
	{ "RRIO_SPEED", "0, 1", take_speed },
	{ "RRIO_GDB", "PORT, tcp:HOST:PORT, unix:PATH", take_gdb },
	{ "RRIO_MONITOR", "PORT, tcp:HOST:PORT, unix:PATH", take_monitor },
	{ "RRIO_QMP", "PORT, tcp:HOST:PORT, unix:PATH", take_qmp },
	{ "RRIO_ROOT", "an absolute path, from rrio replay", take_root },
	{ "RRIO_EXTRA", "a number, from rrio replay", take_extra },
};

static void take(const char *entry)
{
	const char *equals = strchr(entry, '=');

	for (size_t i = 0; equals && i < sizeof(variables) / sizeof(variables[0]); i++) {
		const struct variable *v = &variables[i];

		if (strlen(v->name) != (size_t)(equals - entry) || strncmp(entry, v->name, strlen(v->name)))
			continue;
		if (!v->take(equals + 1))
			message_end(STATUS_USAGE, "%s is no value of %s, which takes: %s [bad-value]", equals + 1,
				    v->name, v->values);
		return;
	}
	message_end(STATUS_USAGE,
		    "unknown variable %s; there are RRIO_MODE, RRIO_DIR, RRIO_LOG, RRIO_DATA, RRIO_ON_ERROR, "
		    "RRIO_PATIENCE, RRIO_CHECK, RRIO_BACKTRACE, RRIO_UNTIL, RRIO_SPEED, RRIO_GDB, RRIO_MONITOR and RRIO_QMP "
		    "[unknown-variable]",
		    entry);
}

void config_read(char **environment)
{
	config.mode = MODE_RECORD;
	message_configure("");
	for (; *environment; environment++)
		if (!strncmp(*environment, "RRIO_", 5))
			take(*environment);
	if (config.mode != MODE_REPLAY && (config.root || config.extra))
		message_end(STATUS_USAGE, "%s is set by rrio replay alone; unset it [internal-variable]",
			    config.root ? "RRIO_ROOT" : "RRIO_EXTRA");
	if (config.mode != MODE_REPLAY && (until_is_set() || config.speed || config.looks))
		message_end(STATUS_USAGE, "%s is for a replay; unset it, or set RRIO_MODE=replay [replay-only]",
			    until_is_set()  ? "RRIO_UNTIL"
			    : config.speed  ? "RRIO_SPEED"
			    : config.gdb    ? "RRIO_GDB"
			    : config.monitor ? "RRIO_MONITOR"
					     : "RRIO_QMP");
}
