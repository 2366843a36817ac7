// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * warp_test.c - when an idle guest gets a warp timer, by the deadlines that a fake emulator tells.
 */
#include "preload/warp.h"

#include <CUnit/CUnit.h>

#include "hooks/emulator.h"
#include "preload/config.h"
#include "preload/turnstile.h"

struct emulator emu;
struct config config;

static struct {
	int64_t virtual_ns, host_ns; /* until the next timer; -1: none */
	bool idles;
	unsigned started;
} fake;

bool turnstile_guest_idles(void)
{
	return fake.idles;
}

static int64_t deadline(int clock, int mask)
{
	(void)mask;
	return clock == CLOCK_VIRTUAL ? fake.virtual_ns : fake.host_ns;
}

static void start_warp(void)
{
	fake.started++;
}

static unsigned starts(int64_t virtual_ns, int64_t host_ns)
{
	fake.virtual_ns = virtual_ns;
	fake.host_ns = host_ns;
	fake.started = 0;
	warp_keep();
	return fake.started;
}

static void begin(bool leaps)
{
	emu.clock_deadline = deadline;
	emu.start_warp = start_warp;
	config.mode = MODE_RECORD;
	fake.idles = true;
	warp_init(leaps);
}

static void test_idle(void)
{
	begin(false);
	CU_ASSERT_EQUAL(starts(5000, -1), 1);
	CU_ASSERT_EQUAL(starts(5000, 4000), 0);
	CU_ASSERT_EQUAL(starts(5000, 5000), 0);
}

/* shift=auto: on the host's clock there is always the timer that sets the pace, a second away. */
static void test_pace(void)
{
	begin(false);
	CU_ASSERT_EQUAL(starts(5000, 900000000), 1);
}

static void test_nothing_to_wait_for(void)
{
	begin(false);
	CU_ASSERT_EQUAL(starts(-1, -1), 0);
	CU_ASSERT_EQUAL(starts(0, -1), 0);
	fake.idles = false;
	CU_ASSERT_EQUAL(starts(5000, -1), 0);
}

static void test_not_ours(void)
{
	begin(true);
	CU_ASSERT_EQUAL(starts(5000, -1), 0);
	begin(false);
	config.mode = MODE_OFF;
	CU_ASSERT_EQUAL(starts(5000, -1), 0);
	config.mode = MODE_REPLAY;
	emu.start_warp = NULL;
	CU_ASSERT_EQUAL(starts(5000, -1), 0);
}

CU_TestInfo warp_tests[] = {
	{ "an idle guest without a warp timer", test_idle },
	{ "a later timer of the host's clock is none", test_pace },
	{ "a guest that runs, or waits for no timer", test_nothing_to_wait_for },
	{ "sleep=off, no recording, another emulator", test_not_ours },
	CU_TEST_INFO_NULL,
};
